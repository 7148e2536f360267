"""`fixloop merge`."""

from typing import TYPE_CHECKING, Annotated

import typer

from fixloop.cli.answering import answer, progress
from fixloop.cli.options import Allow, HeldOut, Json, Overridden, Reason, Repo, SomeIds, one_way, verb

if TYPE_CHECKING:
    from fixloop.commands.merge import MergeResult
    from fixloop.report.page import Page

app = verb()

Passing = Annotated[bool, typer.Option("--passing", help="Every approved hint that passes the gate.")]
Into = Annotated[
    str | None, typer.Option("--into", "--onto", metavar="BRANCH", help="The branch [the one that is out].")
]


@app.command()
def merge(
    ids: SomeIds = None,
    passing: Passing = False,
    into: Into = None,
    allow: Allow = None,
    override: Overridden = None,
    why: Reason = "",
    heldout: HeldOut = None,
    as_json: Json = False,
    repo: Repo = ".",
) -> int:
    """Land approved hints, each gated on exactly what lands.

    A branch that is checked out moves together with its files. Exit code 1 when one is refused.
    """
    from fixloop.commands.merge import Word
    from fixloop.commands.merge import merge as command
    from fixloop.wiring import build_desk

    word = Word(allow, tuple(override or ()), why)
    named = one_way(ids, passing, "--passing")
    result = command(build_desk(repo, progress), named, passing, into, heldout=heldout, word=word)
    refused = any(not one.needless for one in result.refused)
    return answer(result, lambda page: _draw(page, result), as_json, 1 if refused else 0)


def _draw(page: "Page", result: "MergeResult") -> None:
    from fixloop.report.landing import draw_merged

    draw_merged(page, result.merged, result.refused, result.onto)
