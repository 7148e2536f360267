"""`fixloop spec`."""

from typing import TYPE_CHECKING

from fixloop.cli.answering import answer, progress
from fixloop.cli.options import Json, OneId, Repo, verb

if TYPE_CHECKING:
    from fixloop.commands.spec import Specification
    from fixloop.report.page import Page

app = verb()


@app.command()
def spec(hint: OneId, as_json: Json = False, repo: Repo = ".") -> int:
    """A hint as a written specification.

    What should happen, the evidence, and when it is done.
    """
    from fixloop.commands.spec import specification
    from fixloop.wiring import build_desk

    result = specification(build_desk(repo, progress), hint)
    return answer(result, lambda page: _draw(page, result), as_json)


def _draw(page: "Page", result: "Specification") -> None:
    from fixloop.report.spec import draw_spec

    told = [(one.id, one.text, one.proposed, one.comment) for one in result.evidence]
    draw_spec(page, result.hint, result.status, told, result.steps, result.columns)
