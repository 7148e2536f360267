"""Lines of a file or of what is piped in, read one after another."""

import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from fixloop.errors import BadInput, Place


@contextlib.contextmanager
def open_lines(file: str | None) -> Iterator[Iterable[bytes]]:
    """The lines of a file; of stdin where that is `-`, or nothing is named and something is piped in.

    Raises:
        BadInput: the file cannot be read, or nobody pipes anything in.
    """
    if file is None and (sys.stdin is None or sys.stdin.isatty()):
        raise BadInput("no tickets: no file is named, and nothing is piped in", mend="fixloop run FILE")
    if file in (None, "-"):
        yield sys.stdin.buffer
        return
    try:
        lines = Path(file or "").open("rb")  # noqa: SIM115  # what fails inside the block is not this file's fault
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", place=Place(file or "")) from error
    with lines:
        yield lines
