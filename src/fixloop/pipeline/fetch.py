"""Step three: which record a ticket is about, by weighted signals over an index of the sources."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, Protocol

from fixloop.pipeline.rows import KEYS, declared, id_text, letters_and_digits, merged, values_at
from fixloop.ports.records import RecordSource
from fixloop.workspace.model import FetchRules, Row, Signal, Source

MAX_ROWS = 200
"""The most rows a fixture carries; records beyond them, by (score, id), are not candidates."""

Fields = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Extracted values: group to field to values."""

Rows = Mapping[str, Sequence[Row]]
"""Rows by source."""


class Record:
    """All rows of one id, by source; merged into one row when first asked."""

    __slots__ = ("_many", "_row", "id", "rows", "size")

    def __init__(self, record_id: str, rows: Rows | None = None, many: Sequence[Source] = ()) -> None:
        self.id = record_id
        self._many = many
        self.rows: dict[str, list[Row]] = {name: list(found) for name, found in (rows or {}).items()}
        self.size = sum(map(len, self.rows.values()))
        self._row: Row | None = None

    def add(self, source: str, row: Row) -> None:
        """One more row, unless there are more than any fixture carries."""
        if self.size < MAX_ROWS:
            self.rows.setdefault(source, []).append(row)
            self.size += 1

    @property
    def row(self) -> Row:
        """The rows as one; of a source with many rows a record, every column is a list."""
        if self._row is None:
            self._row = merged([row for rows in self.rows.values() for row in rows])
            listed = {
                column for source in self._many for column in source.fields if column != source.id
            } & self._row.keys()
            if listed:
                self._row = {
                    column: value if column not in listed or isinstance(value, list) else [value]
                    for column, value in self._row.items()
                }
        return self._row

    def narrowed(self, fields: Fields) -> "Record":
        """The record without those of its many rows that the values do not name, where they name some."""
        rows = dict(self.rows)
        for source in self._many:
            for path, match in source.narrow.items():
                rows[source.name] = _named_rows(rows.get(source.name, []), values_of(fields, path), match)
        return Record(self.id, rows, self._many) if rows != self.rows else self


@dataclass(frozen=True, slots=True)
class FetchedRecord:
    """A record that at least one signal names; `matched` tells the signals, each with its weight.

    `record` has all its rows; `about`, where a source narrows, is the part that the ticket is about.
    """

    id: str
    score: float
    matched: tuple[str, ...]
    record: Record = field(compare=False, repr=False)
    about: Record | None = field(default=None, compare=False, repr=False)

    @property
    def row(self) -> Row:
        """The record's columns, over the rows that the ticket is about."""
        return (self.about or self.record).row


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a lookup gives: the selected records, and all candidates by (score descending, id).

    `margin` is the top score minus the runner-up's: the top score itself without a runner-up. `threshold` is
    the score that was asked for, 0 where nothing was found.
    """

    records: tuple[FetchedRecord, ...] = ()
    candidates: tuple[FetchedRecord, ...] = ()
    top_score: float = 0.0
    margin: float = 0.0
    threshold: float = 0.0

    @property
    def count(self) -> int:
        """How many records are selected."""
        return len(self.records)

    @property
    def rows(self) -> Mapping[str, tuple[Row, ...]]:
        """The candidates' rows by source: what replaying this lookup needs."""
        found: dict[str, list[Row]] = {}
        for candidate in self.candidates:
            for source, rows in candidate.record.rows.items():
                found.setdefault(source, []).extend(rows)
        return {source: tuple(rows) for source, rows in found.items()}


NOTHING = Fetched()


class RecordLookup(Protocol):
    """Finds records by extracted values."""

    def fetch(self, fields: Fields) -> Fetched:
        """The records the values name."""
        ...


class RecordIndex:
    """Rows in memory, indexed by what each signal matches: a lookup touches only the rows it finds."""

    def __init__(self, rules: FetchRules, rows: Rows) -> None:
        self._rules = rules
        self._records = _records_by_id(rules, rows)
        self._postings: dict[int, dict[str, list[int]]] = {}
        self._narrows = any(source.narrow for source in rules.sources.values())

    def under(self, rules: FetchRules) -> "RecordIndex":
        """The same rows under other weights, another threshold or margin; what matches what is the same."""
        other = copy(self)
        other._rules = rules
        return other

    def fetch(self, fields: Fields) -> Fetched:
        """The records the values name; the maximum at or above the threshold is selected, with its ties."""
        namings = [
            naming
            for number, signal in enumerate(self._rules.signals)
            for naming in self._namings(number, signal, fields)
        ]
        if not namings:
            return NOTHING
        hits: dict[int, list[_Naming]] = {}
        for naming in _shortlisted(namings):
            for record in naming.records:
                hits.setdefault(record, []).append(naming)
        scored = [(round(-sum([one.weight for one in found]), 9), record) for record, found in hits.items()]
        scored.sort()
        return self._select(scored, hits, fields)

    def _namings(self, number: int, signal: Signal, fields: Fields) -> list["_Naming"]:
        """What each value names by a signal; a record counts it once, for the first value that names it."""
        values = values_of(fields, signal.field)
        if not values:
            return []
        key = KEYS[signal.compare]
        if number not in self._postings:
            self._postings[number] = _postings(signal, self._records)
        found: list[_Naming] = []
        for value in values:
            records = self._postings[number].get(key(value), ())
            if records and found:
                seen = {record for naming in found for record in naming.records}
                records = [record for record in records if record not in seen]
            if records:
                found.append(_Naming(f"{signal.field}={value} (+{signal.weight:g})", signal.weight, records))
        return found

    def _select(
        self, scored: Sequence[tuple[float, int]], hits: Mapping[int, Sequence["_Naming"]], fields: Fields
    ) -> Fetched:
        candidates: list[FetchedRecord] = []
        room = MAX_ROWS
        for score, number in scored:
            record = self._records[number]
            room -= record.size
            # Cut before selecting, so that a fixture holds everything its own lookup needs.
            if room < 0 and candidates:
                break
            matched = tuple([naming.label for naming in hits[number]])
            about = record.narrowed(fields) if self._narrows else None
            candidates.append(FetchedRecord(record.id, 0.0 - score, matched, record, about))
        top = candidates[0].score
        second = candidates[1].score if len(candidates) > 1 else 0.0
        selected = tuple([one for one in candidates if self._is_selected(one.score, top)])
        margin = round(top - second, 9)
        return Fetched(selected, tuple(candidates), top, margin, self._rules.threshold)

    def _is_selected(self, score: float, top: float) -> bool:
        close = score == top or round(top - score, 9) < self._rules.margin
        return close and score >= self._rules.threshold


class _Naming(NamedTuple):
    """The records that one value names by one signal, ascending."""

    label: str
    weight: float
    records: Sequence[int]


def _shortlisted(namings: Sequence[_Naming]) -> Sequence[_Naming]:
    """The same without records that cannot be candidates.

    Of the records that one value alone names, which all score alike, the first 200 are enough: a branch of
    10,000 accounts costs set operations instead of a loop.
    """
    if sum(len(naming.records) for naming in namings) <= 4 * MAX_ROWS:
        return namings
    once: set[int] = set()
    several: set[int] = set()
    for naming in namings:
        several |= once.intersection(naming.records)
        once.update(naming.records)
    return [naming._replace(records=_first_alone(naming.records, several)) for naming in namings]


def _first_alone(records: Sequence[int], several: set[int]) -> list[int]:
    alone = islice((record for record in records if record not in several), MAX_ROWS)
    return [*several.intersection(records), *alone]


def _records_by_id(rules: FetchRules, rows: Rows) -> list[Record]:
    """Every record in the order of its id; its rows in the order of the declared sources."""
    found: dict[str, Record] = {}
    many = tuple([source for source in rules.sources.values() if source.many])
    for name, source in rules.sources.items():
        for row in rows.get(name, ()):
            key = id_text(row.get(source.id))
            if key is None:
                continue
            if key not in found:
                found[key] = Record(key, many=many)
            found[key].add(name, declared(row, source))
    return sorted(found.values(), key=lambda record: record.id)


def _postings(signal: Signal, records: Sequence[Record]) -> dict[str, list[int]]:
    """What the signal matches to the records that have it, each once, in order."""
    segments, key_of = signal.match.split("."), KEYS[signal.compare]
    postings: dict[str, list[int]] = {}
    for number, record in enumerate(records):
        rows = record.rows.get(signal.source, ())
        for key in {key_of(value): None for row in rows for value in values_at(row, segments)}:
            postings.setdefault(key, []).append(number)
    postings.pop("", None)
    return postings


def values_of(fields: Fields, path: str) -> Sequence[str]:
    """The values of one field."""
    group, _, name = path.partition(".")
    return fields[group].get(name, ()) if group in fields else ()


def _named_rows(rows: list[Row], values: Iterable[str], match: str) -> list[Row]:
    """The rows that have one of the values, or all when none has."""
    # Choosing among one record's rows, loose is safe: people write "tshirt" for a T-Shirt.
    wanted = {letters_and_digits(value) for value in values} - {""}
    if not wanted or len(rows) < 2:
        return rows
    segments = match.split(".")
    named = [
        row for row in rows if any(letters_and_digits(one) in wanted for one in values_at(row, segments))
    ]
    return named or rows


class GatheringLookup:
    """Sources outside memory: asks each for what the signals name, then decides as the index does."""

    def __init__(self, rules: FetchRules, sources: Mapping[str, RecordSource]) -> None:
        self._rules = rules
        self._sources = sources

    def fetch(self, fields: Fields) -> Fetched:
        """The records the values name, by the same rules as RecordIndex."""
        rows = {name: self._matching(name, source, fields) for name, source in self._sources.items()}
        ids = {key for name, found in rows.items() for key in self._ids(name, found)}
        if not ids:
            return NOTHING
        # A record is all rows of its id, also those of a source that no signal matched.
        complete = {name: source.rows_with_ids(ids) for name, source in self._sources.items()}
        return RecordIndex(self._rules, complete).fetch(fields)

    def _matching(self, name: str, source: RecordSource, fields: Fields) -> list[Row]:
        found: list[Row] = []
        for signal in self._rules.signals:
            keys = frozenset(map(KEYS[signal.compare], values_of(fields, signal.field))) - {""}
            if signal.source == name and keys:
                found += source.rows_matching(signal.match, keys, signal.compare)
        return found

    def _ids(self, name: str, rows: Iterable[Row]) -> set[str]:
        column = self._rules.sources[name].id
        return {key for row in rows if (key := id_text(row.get(column))) is not None}


class MemorySource:
    """Rows at hand as a record source: the workspace's own files, beside sources that are not."""

    def __init__(self, rows: Sequence[Row], id_column: str) -> None:
        self._rows = rows
        self._id = id_column

    def rows_matching(self, path: str, keys: Iterable[str], compare: str = "text") -> Sequence[Row]:
        """The rows with a value at the path whose key is among the keys."""
        wanted, segments, key = frozenset(keys), path.split("."), KEYS[compare]
        return [row for row in self._rows if any(key(value) in wanted for value in values_at(row, segments))]

    def rows_with_ids(self, ids: Iterable[str]) -> Sequence[Row]:
        """The rows whose id is among the ids."""
        wanted = frozenset(ids)
        return [row for row in self._rows if id_text(row.get(self._id)) in wanted]

    def values_at(self, path: str) -> Iterable[str]:
        """Every text at the path."""
        segments = path.split(".")
        return (value for row in self._rows for value in values_at(row, segments) if isinstance(value, str))
