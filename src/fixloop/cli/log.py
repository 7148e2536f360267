"""`fixloop log`."""

from typing import Annotated

import typer

from fixloop.cli.answering import answer, progress
from fixloop.cli.options import Json, Repo, verb

app = verb()

MaybeId = Annotated[str | None, typer.Argument(metavar="ID", help="One hint only.")]


@app.command()
def log(hint: MaybeId = None, as_json: Json = False, repo: Repo = ".") -> int:
    """Every decision and its outcome, oldest first.

    Who, what, why, and the commit it led to.
    """
    from fixloop.commands.log import read_log
    from fixloop.report.log import draw_log
    from fixloop.wiring import build_desk

    result = read_log(build_desk(repo, progress), hint)
    return answer(result, lambda page: draw_log(page, result.events, result.summaries, result.names), as_json)
