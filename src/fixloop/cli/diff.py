"""`fixloop diff`."""

from typing import Annotated

import typer

from fixloop.cli.answering import answer, progress
from fixloop.cli.options import Json, Repo, verb

app = verb()

Base = Annotated[str, typer.Argument(metavar="BASE", help="The commit to start from.")]
Head = Annotated[str, typer.Argument(metavar="HEAD", help="The commit to compare with it.")]
Limit = Annotated[int, typer.Option("--limit", metavar="N", help="Show at most so many tickets and leaves.")]


@app.command()
def diff(base: Base, head: Head, limit: Limit = 20, as_json: Json = False, repo: Repo = ".") -> int:
    """Whose proposal moves between two commits.

    Each move with the step where it begins; then how the tickets shift between leaves. --json has them all.
    """
    from fixloop.commands.diff import diff as command
    from fixloop.errors import BadInput
    from fixloop.report.moves import draw_diff_of
    from fixloop.wiring import build_desk

    if limit < 1:
        raise BadInput(f"--limit {limit} would show nothing", mend="--limit N, from 1 on")
    result = command(build_desk(repo, progress), base, head)
    return answer(
        result, lambda page: draw_diff_of(page, result.base, result.head, result.shift, limit), as_json
    )
