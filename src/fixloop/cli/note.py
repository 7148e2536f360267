"""`fixloop note`."""

from typing import TYPE_CHECKING, Annotated

import typer

from fixloop.cli.answering import answer, progress
from fixloop.cli.options import As, Json, Repo, verb

if TYPE_CHECKING:
    from fixloop.commands.note import Noted
    from fixloop.report.page import Page

app = verb()


@app.command()
def note(
    feedback: Annotated[
        str, typer.Argument(metavar="FB", help="A piece of feedback; the first characters are enough.")
    ],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What should have happened, in your words.")],
    who: As = None,
    as_json: Json = False,
    repo: Repo = ".",
) -> int:
    """Say what a rejection meant: the strongest evidence there is."""
    from fixloop.commands.note import note as command
    from fixloop.wiring import build_desk

    result = command(build_desk(repo, progress), feedback, text, who)
    return answer(result, lambda page: _draw(page, result), as_json)


def _draw(page: "Page", result: "Noted") -> None:
    from fixloop.report.page import name

    page.line(name(result.feedback), f"  “{result.comment}”" if result.comment else "")
    for one in result.notes:
        page.fact("note", one)
    page.next("fixloop propose")
