"""`fixloop apply`."""

from typing import TYPE_CHECKING, Annotated

import typer

from fixloop.cli.answering import answer, progress
from fixloop.cli.options import Json, Onto, Repo, SomeIds, one_way, verb

if TYPE_CHECKING:
    from fixloop.commands.apply import ApplyResult
    from fixloop.report.page import Page

app = verb()

Approved = Annotated[bool, typer.Option("--approved", help="Every approved hint.")]


@app.command("apply")
def apply(
    ids: SomeIds = None,
    approved: Approved = False,
    onto: Onto = None,
    as_json: Json = False,
    repo: Repo = ".",
) -> int:
    """Put approved hints on branches fixloop/fix/<id>, one commit each.

    HEAD, index and work tree stay as they are. Exit code 1 when a hint no longer fits the branch, or no
    branch is free for it: policy.max_open_fixes.
    """
    from fixloop.commands.apply import apply as command
    from fixloop.wiring import build_desk

    named = one_way(ids, approved, "--approved")
    result = command(build_desk(repo, progress), named, approved, onto)
    conflict = any(one.event == "conflict" for one in result.prepared.failed)
    short = conflict or bool(result.prepared.waiting)
    return answer(result, lambda page: _draw(page, result), as_json, 1 if short else 0)


def _draw(page: "Page", result: "ApplyResult") -> None:
    from fixloop.report.landing import draw_applied

    draw_applied(page, result.prepared, result.no_branch_free, result.onto)
