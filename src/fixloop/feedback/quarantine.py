"""The file of rows that could not be used: its name beside the input, its lines, and the rows inside it."""

import json
from collections.abc import Sequence
from io import BytesIO
from typing import Any, BinaryIO

from fixloop.feedback.incoming import BadRow

SUFFIX = ".quarantine.jsonl"
_KEYS = {"line", "error", "row"}


def is_quarantine(name: str) -> bool:
    """Whether a file holds rows that a run has set aside."""
    return name.endswith(SUFFIX)


def quarantine_path(name: str) -> str:
    """Where the bad rows of an input go: beside it; those of a quarantine file back into it."""
    return name if is_quarantine(name) else f"{name}{SUFFIX}"


def without_quarantines(names: Sequence[str], by_hand: bool) -> list[str]:
    """The inputs without files of rows set aside: `inbox/*.jsonl` matches these too, every night.

    Named `by_hand`, and nothing else with them, they are meant.
    """
    inputs = [name for name in names if not is_quarantine(name)]
    return inputs if inputs or not by_hand else list(names)


def quarantine_line(row: BadRow) -> bytes:
    """A bad row as it is set aside: where it stood, what is wrong, and the row as it was."""
    try:
        raw: Any = json.loads(row.raw)
    except (ValueError, RecursionError):
        raw = row.raw
    return (json.dumps({"line": row.line, "error": row.message, "row": raw}) + "\n").encode()


def rows_inside(stream: BinaryIO) -> BinaryIO:
    """A quarantine file as the rows in it, a line a row: what it says around them is not staff's."""
    return BytesIO(b"".join(map(_row_inside, stream)))


def _row_inside(line: bytes) -> bytes:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if not isinstance(found, dict) or found.keys() != _KEYS:
        return line
    row = found["row"]
    text = " ".join(row.splitlines()) if isinstance(row, str) else json.dumps(row)
    return text.encode("utf-8", "surrogatepass") + b"\n"
