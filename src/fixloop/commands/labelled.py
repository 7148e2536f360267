"""A file of labelled texts, CSV or JSON Lines, as rows with their line; every mistake with its line."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from fixloop.errors import BadInput, Place
from fixloop.workspace.jsonl_source import read_jsonl
from fixloop.workspace.model import Problem
from fixloop.workspace.text import count, named, normalise, shown

COLUMNS = ("text", "intent", "parent")
_NEEDED = COLUMNS[:2]
_DELIMITERS = ",;\t|"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_TOLD = 5


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text and what it was filed under; no intent means `other`, of the parent where one is given."""

    line: int
    text: str
    intent: str
    parent: str = ""


class BadRows(BadInput):
    """Rows that cannot be used; `problems` has all of them, the message the first few."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first, *others = problems
        told = "".join(f"\n  {other.place}: {other.message}" for other in others[: _TOLD - 1])
        more = f"\n  and {len(problems) - _TOLD} more" if len(problems) > _TOLD else ""
        super().__init__(first.message + told + more, place=first.place, mend=first.mend)
        self.problems = tuple(problems)


def parse_labelled(name: str, data: bytes) -> tuple[LabelledText, ...]:
    """The rows of a labelled file, in its order; rows whose text is blank are among them.

    Raises:
        BadInput: the file is empty, not text, or has no column `text` or `intent`.
        BadRows: some rows cannot be used.
    """
    text = _decoded(name, data)
    start = text.lstrip()[:1]
    if not start:
        raise BadInput(
            "this file is empty", place=Place(name), mend="text,intent[,parent] as CSV or JSON Lines"
        )
    if start == "[":
        mend = "write one object a line: jq -c '.[]'"
        raise BadInput("a JSON list is not read", place=Place(name, 1), mend=mend)
    found = list(_from_jsonl(name, text) if start == "{" else _from_csv(name, text))
    problems = [row for row in found if isinstance(row, Problem)]
    if problems:
        raise BadRows(problems)
    rows = tuple(row for row in found if isinstance(row, LabelledText))
    if not rows:
        raise BadInput("this file has a header and no rows", place=Place(name), mend="add a row a text")
    return rows


# --- text -----------------------------------------------------------------------------------------------


def _decoded(name: str, data: bytes) -> str:
    """The file as text: UTF-8 with or without a mark, or UTF-16 with one (a spreadsheet's "Unicode text")."""
    try:
        text = data.decode("utf-16") if data.startswith(_WIDE) else data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"not UTF-8: byte 0x{data[error.start]:02x}"
        raise BadInput(message, place=Place(name, line), mend="save the file as UTF-8") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        mend = "save the file as UTF-8"
        raise BadInput(
            "a zero byte: UTF-16 without a mark, or no text at all", place=Place(name, line), mend=mend
        )
    return text


# --- CSV ------------------------------------------------------------------------------------------------


def _from_csv(name: str, text: str) -> Iterator[LabelledText | Problem]:
    """Rows under a header; the header says which delimiter it is."""
    reader = _reader(name, text)
    header = _header(name, reader)
    places = {column: header.index(column) for column in COLUMNS if column in header}
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Problem(Place(name, line), f"not CSV: {error}", 'a quote that never ends? write a " as ""')
            return
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield _csv_row(Place(name, line), cells, header, places)


def _reader(name: str, text: str) -> Any:
    first = next(line for line in text.splitlines() if line.strip())
    fits = [sign for sign in _DELIMITERS if set(_NEEDED) <= set(_names(first, sign))]
    if not fits:
        raise _no_columns(name, text, first)
    return csv.reader(io.StringIO(text, newline=""), delimiter=fits[0], strict=True)


def _names(header: str, delimiter: str) -> list[str]:
    try:
        cells = next(csv.reader([header], delimiter=delimiter))
    except csv.Error:
        return []
    return [normalise(cell) for cell in cells]


def _no_columns(name: str, text: str, first: str) -> BadInput:
    """What the first line has instead, cut the way that gives the most columns."""
    found = max((_names(first, sign) for sign in _DELIMITERS), key=len)
    missing = [column for column in _NEEDED if column not in found]
    line = text[: text.index(first)].count("\n") + 1
    has = ", ".join(named(column) for column in found[:6])
    message = f"no column {' and no column '.join(map(named, missing))} in the header; it has {has}"
    return BadInput(
        message, place=Place(name, line), mend="the first line names the columns: text,intent[,parent]"
    )


def _header(name: str, reader: Any) -> list[str]:
    cells: list[str] = next(row for row in reader if any(cell.strip() for cell in row))
    header = [normalise(cell) for cell in cells]
    twice = next((column for column in COLUMNS if header.count(column) > 1), None)
    if twice:
        place = Place(name, reader.line_num)
        raise BadInput(f"two columns are named {named(twice)}", place=place, mend="rename one of them")
    return header


def _csv_row(
    place: Place, cells: Sequence[str], header: Sequence[str], places: Mapping[str, int]
) -> LabelledText | Problem:
    if len(cells) != len(header):
        message = f"{count(len(cells), 'field')} where the header has {len(header)}"
        return Problem(place, message, 'put a text that contains the delimiter in quotes: "…"')
    return LabelledText(place.line, **{column: cells[index] for column, index in places.items()})


# --- JSON Lines -----------------------------------------------------------------------------------------


def _from_jsonl(name: str, text: str) -> Iterator[LabelledText | Problem]:
    """A row an object; keys beside the three are nobody's business here."""
    lines = list(read_jsonl(name, text.encode()))
    first = next((line for line in lines if isinstance(line.value, dict)), None)
    if first is not None:
        _refuse_misnamed(first.place, _keys(line.value for line in islice(lines, 1000)))
    for place, value, problem in lines:
        yield problem or _json_row(place, value)


def _keys(values: Iterable[Any]) -> frozenset[str]:
    return frozenset(key for value in values if isinstance(value, dict) for key in value)


def _refuse_misnamed(place: Place, keys: frozenset[str]) -> None:
    for needed in _NEEDED:
        if needed not in keys:
            has = ", ".join(map(named, sorted(keys)[:6]))
            message = f"no line has the key {named(needed)}; they have {has}"
            raise BadInput(message, place=place, mend="the keys are text, intent and, optional, parent")


def _json_row(place: Place, value: Any) -> LabelledText | Problem:
    if not isinstance(value, dict):
        return Problem(place, f"not an object: {shown(value)}", 'write {"text": "…", "intent": "…"}')
    for needed in _NEEDED:
        if needed not in value:
            return Problem(place, f"no {named(needed)}", "null or an empty text as intent means `other`")
    for column in COLUMNS:
        cell = value.get(column)
        if not isinstance(cell, str) and (cell is not None or column == "text"):
            return Problem(place, f"{named(column)} is {shown(cell)}, not a text", "write it in quotes")
    return LabelledText(place.line, value["text"], value["intent"] or "", value.get("parent") or "")
