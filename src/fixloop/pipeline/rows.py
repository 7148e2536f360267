"""Record rows: reading a dotted path, comparing values, several rows of one id as one record."""

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from fixloop.workspace.model import Row, Source


class Missing:
    """The type of MISSING."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
"""There is no value at a path: no such key, null, or an empty list."""


def walk(value: Any, segments: Sequence[str]) -> Any:
    """The value below a dotted path, or MISSING; a list on the way gives what its elements have."""
    for index, segment in enumerate(segments):
        if isinstance(value, dict) or isinstance(value, Mapping):  # noqa: SIM101  # dict first: ten times quicker
            value = value.get(segment)
        elif isinstance(value, list | tuple):
            if not segment.isdigit():
                return _walk_each(value, segments[index:])
            value = value[int(segment)] if int(segment) < len(value) else None
        else:
            return MISSING
    return MISSING if value is None or (isinstance(value, list | tuple) and not value) else value


def _walk_each(values: Iterable[Any], segments: Sequence[str]) -> Any:
    found: list[Any] = []
    for value in values:
        below = walk(value, segments)
        if isinstance(below, list | tuple):
            found.extend(below)
        elif below is not MISSING:
            found.append(below)
    return found or MISSING


def values_at(row: Row, segments: Sequence[str]) -> Sequence[Any]:
    """The strings, numbers and booleans at a dotted path, through lists."""
    value = walk(row, segments)
    if type(value) is str:
        return (value,)
    return tuple(_scalars(value))


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for part in value:
            yield from _scalars(part)
    elif isinstance(value, str | int | float):
        yield value


def match_key(value: Any) -> str:
    """What two values must share to match: NFKC, case-folded, trimmed; numbers by their JSON text."""
    if not isinstance(value, str):
        return json.dumps(value)
    if value.isascii():
        return value.strip().lower()
    folded = unicodedata.normalize("NFKC", value).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


def letters_and_digits(value: Any) -> str:
    """As match_key without signs and blanks: "#W 12-34" and "w1234" are one number to a customer."""
    key = match_key(value)
    return key if key.isalnum() else "".join(filter(str.isalnum, key))


KEYS: Mapping[str, Callable[[Any], str]] = {"text": match_key, "letters_and_digits": letters_and_digits}
"""What two values must share to match, by a signal's `compare`; "" matches nothing."""


def id_text(value: Any) -> str | None:
    """A record's id as text, or None where a row has none."""
    if isinstance(value, str):
        return value or None
    if value is None or isinstance(value, bool | float | list | dict):
        return None
    return json.dumps(value)


def declared(row: Row, source: Source) -> Row:
    """A row with its declared columns and its id only: nothing else leaves a source."""
    extra = [column for column in row if column not in source.fields and column != source.id]
    return {column: row[column] for column in row if column not in extra} if extra else row


def merged(rows: Sequence[Row]) -> Row:
    """Several rows as one record.

    A column where rows differ becomes the list of its distinct values in order; lists are joined. Null is no
    value.
    """
    if len(rows) == 1:
        return {column: value for column, value in rows[0].items() if value is not None}
    columns = dict.fromkeys(column for row in rows for column in row)
    found = {column: [row[column] for row in rows if row.get(column) is not None] for column in columns}
    return {column: _joined(values) for column, values in found.items() if values}


def _joined(values: Sequence[Any]) -> Any:
    first = values[0]
    if len(values) == 1 or (type(first) is str and values.count(first) == len(values)):
        return first
    distinct = list({json.dumps(value, sort_keys=True): value for value in values}.values())
    if len(distinct) == 1:
        return distinct[0]
    parts = [part for value in distinct for part in (value if isinstance(value, list) else [value])]
    return list({json.dumps(part, sort_keys=True): part for part in parts}.values())
