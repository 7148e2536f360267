"""`fixloop show`."""

from typing import TYPE_CHECKING

from fixloop.cli.answering import answer, progress
from fixloop.cli.options import Json, OneId, Onto, Repo, verb

if TYPE_CHECKING:
    from fixloop.commands.hints import HintDetail
    from fixloop.report.page import Page

app = verb()


@app.command()
def show(hint: OneId, onto: Onto = None, as_json: Json = False, repo: Repo = ".") -> int:
    """One hint with its evidence, its diff and its measured effect."""
    from fixloop.commands.hints import show_hint
    from fixloop.wiring import build_desk

    result = show_hint(build_desk(repo, progress), hint, onto)
    return answer(result, lambda page: _draw(page, result), as_json)


def _draw(page: "Page", result: "HintDetail") -> None:
    from fixloop.report.hints import draw_hint

    draw_hint(page, result.hint, result.status, *result.told)
