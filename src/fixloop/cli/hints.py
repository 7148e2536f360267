"""`fixloop hints`."""

from typing import TYPE_CHECKING, Annotated

import typer

from fixloop.cli.answering import answer, progress
from fixloop.cli.options import Json, Repo, verb

if TYPE_CHECKING:
    from fixloop.commands.hints import HintList
    from fixloop.report.page import Page

app = verb()

All = Annotated[bool, typer.Option("--all", help="Closed hints too.")]


@app.command()
def hints(every: All = False, as_json: Json = False, repo: Repo = ".") -> int:
    """The queue: hints that wait for somebody, best first."""
    from fixloop.commands.hints import list_hints
    from fixloop.wiring import build_desk

    result = list_hints(build_desk(repo, progress), every)
    return answer(result, lambda page: _draw(page, result), as_json)


def _draw(page: "Page", result: "HintList") -> None:
    from fixloop.report.hints import draw_queue

    shown = (result.hints, result.statuses, result.names)
    draw_queue(page, *shown, result.waiting, result.stakes, result.chosen)
