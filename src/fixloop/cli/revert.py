"""`fixloop revert`."""

from typing import TYPE_CHECKING, Annotated

import typer

from fixloop.cli.answering import answer, progress
from fixloop.cli.options import CODES, As, Json, OneId, Onto, Repo, verb

if TYPE_CHECKING:
    from fixloop.commands.revert import RevertResult
    from fixloop.report.page import Page

app = verb()

Words = Annotated[
    str, typer.Argument(metavar="[TEXT]", help="The reason in your own words.", show_default=False)
]
Code = Annotated[str, typer.Option("--why", metavar="CODE", help=f"The reason: {CODES}.")]


@app.command()
def revert(
    hint: OneId,
    text: Words = "",
    why: Code = "other",
    onto: Onto = None,
    who: As = None,
    as_json: Json = False,
    repo: Repo = ".",
) -> int:
    """Take a merged fix and its cases back from the branch.

    What the gate says of the branch without it is told; you decide, and that is recorded. The idea comes back
    only with twice the support.
    """
    from fixloop.commands.decide import Why
    from fixloop.commands.revert import revert as command
    from fixloop.wiring import build_desk

    result = command(build_desk(repo, progress), hint, Why(why, text), who, onto)
    return answer(result, lambda page: _draw(page, result), as_json)


def _draw(page: "Page", result: "RevertResult") -> None:
    from fixloop.report.landing import draw_reverted

    draw_reverted(page, result.hint.id, result.done, result.onto)
