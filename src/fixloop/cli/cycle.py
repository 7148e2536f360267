"""`fixloop cycle`."""

from typing import Annotated

import typer

from fixloop.cli.answering import answer, progress
from fixloop.cli.feeding import tell_skipped
from fixloop.cli.options import HeldOut, Json, Onto, Repo, verb

app = verb()

Files = Annotated[list[str] | None, typer.Argument(metavar="FILE", help="Feedback to ingest first.")]
Budget = Annotated[
    float | None, typer.Option("--budget", metavar="SECONDS", help="Begin no further stage after so long.")
]


@app.command()
def cycle(
    files: Files = None,
    budget: Budget = None,
    onto: Onto = None,
    heldout: HeldOut = None,
    as_json: Json = False,
    repo: Repo = ".",
) -> int:
    """Run the whole loop once, for cron.

    Ingest, propose, apply, gate, and merge what policy allows.

    One line says what happened. Under a lock: exit code 75 when another run holds it. A run that was
    killed is simply run again. Exit code 1 when a row was quarantined or an approved fix was refused.
    """
    from fixloop.commands.cycle import cycle as command
    from fixloop.report.cycle import draw_cycle
    from fixloop.wiring import build_desk

    result = command(build_desk(repo, progress), files or (), onto, budget, heldout)
    tell_skipped(result.skipped)
    quarantines = {str(one.path): one.rows for one in result.quarantines}
    slips = result.ingested.slips if result.ingested else {}
    told = (result.summary, result.troubles, result.next_step, quarantines, slips)
    return answer(result, lambda page: draw_cycle(page, *told), as_json, 0 if result.clean else 1)
