"""Reports as files beside a command's own words: what CI picks up as a comment, a page or test results."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fixloop.report.files import Told

HtmlFile = Annotated[
    str | None, typer.Option("--html", metavar="FILE", help="Write the report as one page to this file.")
]
MarkdownFile = Annotated[
    str | None, typer.Option("--markdown", metavar="FILE", help="Write it as a pull-request comment.")
]
JunitFile = Annotated[
    str | None, typer.Option("--junit", metavar="FILE", help="Write it as JUnit XML for CI.")
]

Write = Callable[[Path, bytes, int | None], None]


def file_reports(found: "Told", write: Write, **files: str | None) -> None:
    """Write the report in every format that names a file.

    Raises:
        BadInput: a file cannot be written.
        EnvironmentLacks: a folder is read-only, or the disk is full.
    """
    from fixloop.report.files import render

    for form, name in files.items():
        if name is not None:
            write_report(write, Path(name), render(found, form))


def write_report(write: Write, path: Path, text: str, *, make_folder: bool = False) -> None:
    """Write one report; only a folder of our own is made.

    Raises:
        BadInput: the file cannot be written.
        EnvironmentLacks: the folder is read-only, or the disk is full.
    """
    import errno

    from fixloop.errors import BadInput, EnvironmentLacks

    try:
        if make_folder:
            path.parent.mkdir(exist_ok=True)
        write(path, text.encode("utf-8", "backslashreplace"), None)
    except OSError as error:
        outside = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC)
        kind = EnvironmentLacks if outside else BadInput
        raise kind(f"{path} cannot be written: {error.strerror}") from error
