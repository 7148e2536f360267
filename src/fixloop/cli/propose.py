"""`fixloop propose`."""

from typing import TYPE_CHECKING

from fixloop.cli.answering import answer, progress
from fixloop.cli.options import Json, Onto, Repo, verb

if TYPE_CHECKING:
    from fixloop.commands.propose import ProposeResult
    from fixloop.report.page import Page

app = verb()


@app.command()
def propose(onto: Onto = None, as_json: Json = False, repo: Repo = ".") -> int:
    """Diagnose new rejections into hints, try each, rank them."""
    from fixloop.commands.propose import propose as command
    from fixloop.wiring import build_desk

    result = command(build_desk(repo, progress), onto)
    return answer(result, lambda page: _draw(page, result), as_json)


def _draw(page: "Page", result: "ProposeResult") -> None:
    from fixloop.report.hints import draw_proposed

    draw_proposed(page, result.hints, result.statuses, result.names, result.dropped, result.ended)
