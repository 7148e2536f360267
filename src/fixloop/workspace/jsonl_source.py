"""JSON Lines into values, each with its place; one bad line hides no other."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

from fixloop.errors import BadInput, Place
from fixloop.workspace.model import Problem
from fixloop.workspace.text import named, shown

_BOM = b"\xef\xbb\xbf"


class RawLine(NamedTuple):
    """A line that is not blank: its number from 1, and its bytes without the line's end."""

    number: int
    data: bytes


class JsonLine(NamedTuple):
    """A line's value, or the problem that kept it from having one."""

    place: Place
    value: Any
    problem: Problem | None = None


class PlacedValue(NamedTuple):
    """A value and where it stands."""

    place: Place
    value: Any


def raw_lines(data: bytes) -> Iterator[RawLine]:
    """The lines that are not blank; a BOM and carriage returns are dropped."""
    for number, start, size in line_spans(data):
        stripped = data[start : start + size].strip()
        if stripped:
            yield RawLine(number, stripped)


class LineSpan(NamedTuple):
    """Where a line stands: its number from 1, its first byte, its size without the line's end."""

    number: int
    start: int
    size: int


def line_spans(data: bytes) -> Iterator[LineSpan]:
    """Every line that is not empty, found one after another: a large file is not held twice."""
    start = len(_BOM) if data.startswith(_BOM) else 0
    number, last = 0, len(data)
    while start < last:
        end = data.find(b"\n", start)
        end = last if end < 0 else end
        number += 1
        if end > start:
            yield LineSpan(number, start, end - start)
        start = end + 1


def read_jsonl(path: str, data: bytes) -> Iterator[JsonLine]:
    """Every line's value or problem, in order."""
    for number, line in raw_lines(data):
        yield read_json_line(path, number, line)


def parse_jsonl(path: str, data: bytes) -> Iterator[PlacedValue]:
    """Every line's place and value.

    Raises:
        BadInput: at the first line that is not JSON.
    """
    for place, value, problem in read_jsonl(path, data):
        if problem is not None:
            raise BadInput(problem.message, place=problem.place, mend=problem.mend)
        yield PlacedValue(place, value)


def read_json_line(path: str, number: int, line: bytes) -> JsonLine:
    """One line's value, or its problem."""
    place = Place(path, number, 1)
    try:
        return JsonLine(place, _decode(line))
    except json.JSONDecodeError as error:
        place = Place(path, number, error.colno)
        return JsonLine(place, None, Problem(place, f"not JSON: {error.msg}", _mend(line)))
    except UnicodeDecodeError as error:
        return JsonLine(
            place,
            None,
            Problem(place, f"not UTF-8: byte 0x{line[error.start]:02x}", "save the file as UTF-8"),
        )
    except (ValueError, RecursionError) as error:
        why = "nested too deep" if isinstance(error, RecursionError) else str(error)
        return JsonLine(place, None, Problem(place, f"not readable: {why}", "correct the line"))


def _decode(line: bytes) -> Any:
    value = json.loads(line.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse_constant)
    # A lone surrogate can be escaped in JSON but never be written as UTF-8 again.
    if b"\\ud" in line.lower():
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {named(twice)} is there twice")
    return built


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{shown(name)} is not a JSON number")


def _mend(line: bytes) -> str:
    if line.startswith((b"<<<<<<<", b">>>>>>>", b"=======")):
        return "a merge conflict is left in this file; resolve it and remove the markers"
    return "a line is one JSON object; check quotes and commas"
