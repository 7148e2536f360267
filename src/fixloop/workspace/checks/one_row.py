"""Two rows of one record where a reply or a call takes one value: the column would be a list.

A record is all rows of its id, so a second row is no mistake by itself: a condition holds if it does for any
of the values. It is one where a text or an argument takes a column of a source without `many: true` as the
single value it is declared to be, in a branch that this record may reach: by the values its conditions name.
What is called acts on it, so nothing runs; of a reply it is a warning.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from fixloop.errors import Place
from fixloop.workspace.checks.plan import texts_in
from fixloop.workspace.file_parts import RowsPart
from fixloop.workspace.model import All, Branch, Condition, Problem, Row, Source, Template, Test
from fixloop.workspace.parts import Parts
from fixloop.workspace.problems import Problems
from fixloop.workspace.template_uses import uses_of
from fixloop.workspace.text import named, shown

_TOLD = 3
_LOOKED_AT = 1_000
"""Of more second rows than this in one source only the first are looked at: they are no slip."""


_COLUMN = re.compile(r"record\.\w+")


class Second(NamedTuple):
    """A later row of a record: column to the earlier row, by index, that has another value in it."""

    id: str
    at: int
    differs: Mapping[str, int]


class _Use(NamedTuple):
    """Who takes a column as one value, in words, and the values that lead there."""

    who: str
    tests: tuple[Test, ...]


_Uses = Mapping[str, Sequence[_Use]]
"""By column, who takes it as one value."""


class _Taken(NamedTuple):
    """A second row, and a column of it that somebody takes as one value."""

    second: Second
    column: str
    who: str


def check_one_row(parts: Parts) -> Iterator[Problem]:
    """Every second row whose columns a call (an error) or a reply (a warning) takes as one value."""
    if parts.fetch.value is None:
        return
    sources = parts.fetch.value.sources
    held = {name: part.rows for name, part in parts.records.items()}
    torn = {name: () if sources[name].many else second_rows(sources[name], held[name]) for name in held}
    problems = Problems()
    if any(torn.values()):
        calls, replies = _uses(parts, _in_calls), _uses(parts, _in_replies)
        records = _Records(sources, held)
        for name, seconds in torn.items():
            wrong = list(islice(_taken(seconds[:_LOOKED_AT], calls, records), _TOLD))
            _tell(wrong, sources[name], parts.records[name], problems.error)
            known = [taken.second for taken in wrong]
            others = [second for second in seconds[:_LOOKED_AT] if second not in known]
            odd = list(islice(_taken(others, replies, records), _TOLD - len(wrong)))
            _tell(odd, sources[name], parts.records[name], problems.warning)
    yield from problems.found


def _taken(seconds: Iterable[Second], uses: _Uses, records: "_Records") -> Iterator[_Taken]:
    for second in seconds:
        for column in second.differs:
            who = next(
                (use.who for use in uses.get(column, ()) if records.may_pass(second.id, use.tests)), ""
            )
            if who:
                yield _Taken(second, column, who)
                break


def _tell(
    found: Iterable[_Taken], source: Source, part: RowsPart, report: Callable[[Place, str, str], None]
) -> None:
    mend = f"remove one of the two, or say `many: true` at {named(source.name)} in workspace/fetch.yaml"
    for second, column, who in found:
        first = part.lines[second.differs[column]]
        report(
            Place(part.path, part.lines[second.at], 1),
            f"{named(source.name)} has a second row with {named(source.id)} {shown(second.id)}, "
            f"the first is in line {first}: {named(f'record.{column}')} is a list there, "
            f"and {who} takes one value",
            mend,
        )


# --- who takes one value --------------------------------------------------------------------------------


def _uses(parts: Parts, takers: "_Takers") -> _Uses:
    found: dict[str, list[_Use]] = {}
    templates = parts.templates.value or {}
    for part in parts.plan_trees:
        for branch, tests in _branches(part.value.branches if part.value else ()):
            for column, who in takers(branch, part.path, templates):
                found.setdefault(column, []).append(_Use(who, tests))
    return found


def _branches(
    branches: Iterable[Branch], above: tuple[Test, ...] = ()
) -> Iterator[tuple[Branch, tuple[Test, ...]]]:
    """Every branch with the values that its conditions and those above it ask of the record."""
    for branch in branches:
        tests = (*above, *_named_values(branch.when))
        yield branch, tests
        yield from _branches(branch.branches, tests)


def _named_values(condition: Condition | None) -> Iterator[Test]:
    """The tests that must hold and that name the values of a column; others may hold or not."""
    for part in condition.parts if isinstance(condition, All) else (condition,):
        if isinstance(part, Test) and part.op in ("eq", "in") and _COLUMN.fullmatch(part.path):
            yield part


_Takers = Callable[[Branch, str, Mapping[str, Template]], Iterator[tuple[str, str]]]
"""The columns that something of a branch reads, and in words who does."""


def _in_calls(branch: Branch, path: str, templates: Mapping[str, Template]) -> Iterator[tuple[str, str]]:
    for call in branch.tools:
        for column in _columns(text for _, text in texts_in(call.args, ())):
            yield column, f"the call of {named(call.name)} in {path}"


def _in_replies(branch: Branch, path: str, templates: Mapping[str, Template]) -> Iterator[tuple[str, str]]:
    template = templates.get(branch.reply or "")
    for column in _columns(template.texts.values() if template else ()):
        yield column, f"the template {named(branch.reply)}"


def _columns(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for path in uses_of(text).paths:
            root, _, rest = path.partition(".")
            if root == "record" and rest:
                yield rest.partition(".")[0]


# --- rows of one id -------------------------------------------------------------------------------------


class _Records:
    """The rows of every source by id, put together for the few records that are asked for."""

    def __init__(self, sources: Mapping[str, Source], rows: Mapping[str, tuple[Row, ...]]) -> None:
        self._sources, self._rows = sources, rows
        self._by_id: dict[str, list[Row]] | None = None

    def may_pass(self, record: str, tests: Iterable[Test]) -> bool:
        """Whether a row of the record has, for each test, a value that it names."""
        return all(any(_has(row, test) for row in self._of(record)) for test in tests)

    def _of(self, record: str) -> Sequence[Row]:
        if self._by_id is None:
            self._by_id = {}
            for name, rows in self._rows.items():
                key = self._sources[name].id
                for row in rows:
                    self._by_id.setdefault(str(row.get(key)), []).append(row)
        return self._by_id.get(record, ())


def _has(row: Row, test: Test) -> bool:
    value = row.get(test.path.partition(".")[2])
    wanted = test.value if test.op == "in" else (test.value,)
    return any(one in wanted for one in (value if isinstance(value, list) else (value,)))


_SEEN: "OrderedDict[tuple[int, str, tuple[str, ...]], tuple[tuple[Row, ...], tuple[Second, ...]]]" = (
    OrderedDict()
)
_SEEN_AT_MOST = 16


def second_rows(source: Source, rows: tuple[Row, ...]) -> tuple[Second, ...]:
    """The rows that have another value than an earlier row of their id, in a column of one value.

    Remembered for the very rows: a hundred overlays of a workspace share them.
    """
    single = tuple(column for column, kind in source.fields.items() if kind != "list" and column != source.id)
    key = (id(rows), source.id, single)
    if key not in _SEEN:
        found = tuple(_second_rows(source.id, single, rows))
        _SEEN[key] = (rows, found)  # the rows are kept too: so their id stays theirs
        if len(_SEEN) > _SEEN_AT_MOST:
            _SEEN.popitem(last=False)
    _SEEN.move_to_end(key)
    return _SEEN[key][1]


def _second_rows(key: str, single: Iterable[str], rows: tuple[Row, ...]) -> Iterator[Second]:
    first: dict[str, int] = {}
    holders: dict[str, dict[str, int]] = {}
    for at, row in enumerate(rows):
        identity = row.get(key)
        if type(identity) is not str:
            if type(identity) is not int:
                continue  # not an id, which is told elsewhere
            identity = str(identity)  # 12 and "12" are one record
        before = first.setdefault(identity, at)
        if before == at:
            continue
        held = holders.setdefault(identity, dict.fromkeys(single, before))
        differs = {}
        for column, holder in held.items():
            known, value = rows[holder].get(column), row.get(column)
            if known is None:
                held[column] = at
            elif value is not None and (value != known or type(value) is not type(known)):
                differs[column] = holder
        if differs:
            yield Second(identity, at, differs)
