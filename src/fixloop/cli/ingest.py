"""`fixloop ingest`."""

from typing import TYPE_CHECKING, Annotated

import typer

from fixloop.cli.answering import answer, progress
from fixloop.cli.feeding import tell_skipped
from fixloop.cli.options import Json, Onto, Repo, verb

if TYPE_CHECKING:
    from fixloop.commands.ingest import IngestResult
    from fixloop.report.page import Page

app = verb()

Files = Annotated[
    list[str], typer.Argument(metavar="FILE...", help="Feedback, one JSON object a line; - for stdin.")
]
Format = Annotated[str, typer.Option("--format", metavar="F", help="What the files hold.")]


@app.command()
def ingest(
    files: Files, format: Format = "native", onto: Onto = None, as_json: Json = False, repo: Repo = "."
) -> int:
    """Take in staff's feedback.

    It is validated, personal values are replaced, each piece is stored once.

    Rows that cannot be used go to FILE.quarantine.jsonl, and the exit code is 1. Such a file is read again
    when it is named by itself; among others it is left out.
    """
    from fixloop.commands.ingest import ingest as command
    from fixloop.wiring import build_desk

    result = command(build_desk(repo, progress), files, format, onto)
    tell_skipped(result.skipped)
    return answer(result, lambda page: _draw(page, result), as_json, 0 if result.good else 1)


def _draw(page: "Page", result: "IngestResult") -> None:
    from fixloop.report.feedback import draw_ingest

    quarantines = {str(one.path): one.rows for one in result.quarantines}
    draw_ingest(page, result.to_json(), quarantines, result.unread, result.slips)
