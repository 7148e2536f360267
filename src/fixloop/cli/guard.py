"""`fixloop guard`."""

from typing import TYPE_CHECKING, Annotated

import typer

from fixloop.cli.answering import answer, progress
from fixloop.cli.options import Json, Onto, Ref, Repo, verb

if TYPE_CHECKING:
    from fixloop.commands.guard import Guarded
    from fixloop.report.page import Page

app = verb()

Leaves = Annotated[
    list[str] | None, typer.Argument(metavar="LEAF", help="Only faults that sit in these leaves.")
]
Steps = Annotated[
    list[str] | None,
    typer.Option("--step", metavar="S", help="Only intent, extraction, fetch or plan; may be repeated."),
]
Most = Annotated[
    str | None,
    typer.Option("--most", metavar="N", help="At most N faults of each leaf and step, drawn alike."),
]
Survivors = Annotated[
    bool, typer.Option("--survivors", help="Show what nobody would notice, and the case that would.")
]
Propose = Annotated[bool, typer.Option("--propose", help="Put the missing cases on the record as hints.")]


@app.command()
def guard(
    leaves: Leaves = None,
    steps: Steps = None,
    most: Most = None,
    survivors: Survivors = False,
    propose: Propose = False,
    ref: Ref = None,
    onto: Onto = None,
    as_json: Json = False,
    repo: Repo = ".",
) -> int:
    """Inject faults and count those that the cases catch.

    Exit code 1 when a leaf is below gate.min_guard_strength.
    """
    from fixloop.commands.guard import guard as command
    from fixloop.commands.guard import propose_cases, read_most
    from fixloop.wiring import build_desk

    desk, chosen = build_desk(repo, progress), (leaves or (), steps or (), read_most(most))
    if propose:
        result = propose_cases(desk, *chosen, onto or ref)
    else:
        result = command(desk, *chosen, ref, survivors or as_json)
    return answer(result, lambda page: _draw(page, result, survivors), as_json, 1 if result.weak else 0)


def _draw(page: "Page", result: "Guarded", survivors: bool) -> None:
    from fixloop.report.guard import draw_case_hints, draw_guard

    draw_guard(page, result.report, result.least, survivors)
    if result.proposed:
        draw_case_hints(page, result.hints, result.names)
