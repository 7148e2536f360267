"""Lines of a stream of bytes, numbered, however long or broken they are."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from fixloop.errors import BadInput

MOST_BYTES = 1024 * 1024
"""The longest line that is read; a longer one is refused, and the next one read."""

_SHOWN = 1000
_HEAD = 4096
_BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """A line's number from 1, its bytes without the line end, and whether more of it was left out."""

    number: int
    data: bytes
    cut: bool = False


def read_lines(stream: BinaryIO) -> Iterator[Line]:
    """The lines that are not blank."""
    number = 0
    while data := stream.readline(MOST_BYTES + 1):
        number += 1
        if len(data) > MOST_BYTES and not data.endswith(b"\n"):
            yield Line(number, data[:_SHOWN], cut=True)
            _skip_line(stream)
            continue
        if number == 1:
            data = data.removeprefix(_BOM)
        if data.strip():
            yield Line(number, data.rstrip(b"\r\n"))


def refuse_no_text(head: bytes) -> None:
    """Refuse a file that is no UTF-8 text at all, judged by its beginning.

    Raises:
        BadInput: it is UTF-16, or binary.
    """
    head = head[:_HEAD]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or _alternates(head):
        raise BadInput("this file is UTF-16", mend="save it as UTF-8: iconv -f UTF-16 -t UTF-8")
    if b"\0" in head:
        raise BadInput("this is a binary file, not lines of text", mend="name a JSON Lines file")


def _alternates(head: bytes) -> bool:
    """Whether every other byte is zero, as in UTF-16 without a byte order mark."""
    return len(head) >= 4 and (not any(head[:64:2]) or not any(head[1:64:2]))


def _skip_line(stream: BinaryIO) -> None:
    while data := stream.readline(MOST_BYTES):
        if data.endswith(b"\n"):
            return
