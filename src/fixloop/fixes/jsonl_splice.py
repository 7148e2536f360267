"""Edits of JSON Lines by whole lines: every byte of every other line stays."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fixloop.fixes.conflict import UnsafeEdit

_BOM = b"\xef\xbb\xbf"
_SPELLINGS: tuple[dict[str, Any], ...] = (
    {"ensure_ascii": False},
    {"ensure_ascii": False, "separators": (",", ":")},
    {"ensure_ascii": True},
    {"ensure_ascii": True, "separators": (",", ":")},
)


class Line(NamedTuple):
    """A line's stretch of bytes, its line break included, and its value."""

    start: int
    end: int
    value: Any


def append_lines(data: bytes, rows: list[Mapping[str, Any]]) -> bytes:
    """Add rows at the end, spelled like the last line; a missing final line break stays missing."""
    newline = b"\r\n" if b"\r\n" in data[: data.find(b"\n") + 1] else b"\n"
    spelling = _spelling(data.rstrip().rsplit(b"\n", 1)[-1])
    added = newline.join(json.dumps(dict(row), **spelling).encode() for row in rows)
    if not data.removeprefix(_BOM) or data.endswith(b"\n"):
        return data + added + newline
    return data + newline + added


def lines_where(data: bytes, key: str, value: str) -> Iterator[Line]:
    """The lines that are objects with this text under a key.

    Lines that cannot hold the text in any spelling are not even parsed.

    Raises:
        UnsafeEdit: a line that may hold it is not readable.
    """
    spelled = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    at = 0
    for raw in _split(data):
        line = Line(at, at + len(raw), None)
        at = line.end
        if spelled not in raw and b"\\" not in raw:
            continue
        row = _parse(raw)
        if isinstance(row, dict) and row.get(key) == value:
            yield line._replace(value=row)


def remove_line(data: bytes, line: Line) -> bytes:
    """Delete one line; whether the file ends with a line break does not change."""
    left = data[: line.start] + data[line.end :]
    if not data.endswith(b"\n") and left:
        return left.removesuffix(b"\n").removesuffix(b"\r")
    return left


def replace_line(data: bytes, line: Line, row: Mapping[str, Any]) -> bytes:
    """Write one line anew, spelled as it was, with its own line break."""
    raw = data[line.start : line.end]
    body = raw.removeprefix(_BOM) if line.start == 0 else raw
    stripped = body.strip()
    before, after = body.split(stripped, 1) if stripped else (b"", b"")
    lead = raw[: len(raw) - len(body)] + before
    return (
        data[: line.start]
        + lead
        + json.dumps(dict(row), **_spelling(stripped)).encode()
        + after
        + data[line.end :]
    )


def _split(data: bytes) -> list[bytes]:
    # Not splitlines: to that a lone carriage return ends a line too; in JSON it is white space.
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _parse(raw: bytes) -> Any:
    text = raw.removeprefix(_BOM).strip()
    try:
        return json.loads(text) if text else None
    except ValueError as error:
        raise UnsafeEdit((), f"a line is not JSON: {error}") from error


def _spelling(raw: bytes) -> dict[str, Any]:
    """How a line was written: with blanks after colons or not, other letters as they are or escaped."""
    try:
        text = raw.removeprefix(_BOM).decode()
        value = json.loads(text) if text else None
    except ValueError:
        return _SPELLINGS[0]
    if value is None:
        return _SPELLINGS[0]
    return next((spelling for spelling in _SPELLINGS if json.dumps(value, **spelling) == text), _SPELLINGS[0])
