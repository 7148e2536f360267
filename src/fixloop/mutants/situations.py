"""Inputs made up from a plan tree's own conditions: for each answer a situation that leads there.

A condition is taken apart into tests, and each test is met or missed by one value. So every branch gets
situations in which its condition holds and the ones before it do not, one in which the branch before it holds
as well, and for every part of a condition one in which that part alone is missed. What contradicts itself
comes out somewhere else in the tree, which is no harm: situations are only used for what they show.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

from fixloop.mutants.trees import Site, sites
from fixloop.pipeline.rows import merged
from fixloop.workspace.model import All, AnyOf, Condition, Not, PlanTree, Row, Test, Workspace
from fixloop.workspace.plan_tree import all_tests
from fixloop.workspace.reach import COUNT

MOST_A_BRANCH = 24
_ALTERNATIVES = 6
_MISSING = object()

Assignment = Mapping[str, Any]
"""A path to its value, or to the mark for "not there"."""

_SAMPLES: Mapping[str, Any] = {"string": "some text", "number": 1, "boolean": True, "list": [], "object": {}}


@dataclass(frozen=True, slots=True)
class Situation:
    """What step four is asked: the parts of a plan case before its `expect`."""

    fields: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    records: tuple[Row, ...] = ()
    ticket: Mapping[str, Any] = field(default_factory=dict)
    fetched: Mapping[str, float] = field(default_factory=dict)

    def to_case(self) -> dict[str, Any]:
        """As keys of a plan case; what is empty is left out."""
        fields = {group: {name: list(v) for name, v in some.items()} for group, some in self.fields.items()}
        return {
            **({"fields": fields} if fields else {}),
            "records": [dict(row) for row in self.records],
            **({"ticket": dict(self.ticket)} if self.ticket else {}),
            **({"fetched": dict(self.fetched)} if self.fetched else {}),
        }


def situations(tree: PlanTree, workspace: Workspace) -> Iterator[Situation]:
    """Situations that lead to every branch of a tree, and to its borders."""
    tested = {test.path for site in sites(tree) for test in all_tests(site.branch.when)}
    for site in sites(tree):
        for assignment in islice(_leading_to(tree, site), MOST_A_BRANCH):
            yield from _materialised(assignment, tested, workspace)


# --- which values lead to a branch ----------------------------------------------------------------------


def _leading_to(tree: PlanTree, site: Site) -> Iterator[Assignment]:
    """Its own condition and those above met, the earlier ones of each level missed; then its parts missed."""
    wishes: list[tuple[Condition | None, bool]] = []
    level = tree.branches
    for index in site.path:
        wishes += [(before.when, False) for before in level[:index]]
        wishes.append((level[index].when, True))
        level = level[index].branches
    yield from _joined([_ways(when, wanted) for when, wanted in wishes])
    own, before = wishes[-1], wishes[:-1]
    if own[0] is not None:
        yield from _joined([_ways(when, wanted) for when, wanted in [*before, (own[0], False)]])
    if site.index > 0:
        both = [*before[:-1], (before[-1][0], True), own]
        yield from _joined([_ways(when, wanted) for when, wanted in both])


def _ways(condition: Condition | None, wanted: bool) -> list[Assignment]:
    """Some assignments under which a condition comes to what is wanted."""
    if condition is None:
        return [{}]
    if isinstance(condition, Not):
        return _ways(condition.part, not wanted)
    if isinstance(condition, Test):
        return [{condition.path: value} for value in _values(condition, wanted)]
    if isinstance(condition, All) is wanted:
        return list(islice(_joined([_ways(part, wanted) for part in condition.parts]), _ALTERNATIVES))
    return _one_otherwise(condition, wanted)


def _one_otherwise(condition: All | AnyOf, wanted: bool) -> list[Assignment]:
    """One part alone decides: each part in turn comes to what is wanted, and the others do not."""
    found: list[Assignment] = []
    for index, part in enumerate(condition.parts):
        others = [_ways(one, not wanted) for at, one in enumerate(condition.parts) if at != index]
        found += islice(_joined([_ways(part, wanted), *others]), _ALTERNATIVES)
    return found


def _joined(parts: Sequence[Sequence[Assignment]]) -> Iterator[Assignment]:
    """The first assignments that agree with each other, one of each part."""
    found: list[Assignment] = [{}]
    for part in parts:
        both = (_together(known, more) for known, more in product(found, part))
        found = list(islice((one for one in both if one is not None), _ALTERNATIVES))
    yield from found


def _together(known: Assignment, more: Assignment) -> Assignment | None:
    if any(path in known and known[path] != value for path, value in more.items()):
        return None
    return {**known, **more}


def _values(test: Test, wanted: bool) -> list[Any]:
    value, op = test.value, test.op
    if op == "exists":
        return [_sample(test.path)] if value is wanted else [_MISSING]
    if test.path == COUNT:
        return [count for count in (0, 1, 2, 3) if _counted(count, test) is wanted]
    if op in ("eq", "contains"):
        return [value] if wanted else [_MISSING, _other(value)]
    if op == "in":
        return list(value) if wanted else [_MISSING, _other(value[0])]
    if op in ("ne", "not_in"):
        refused = value if op == "not_in" else (value,)
        return [_other(refused[0])] if wanted else [*refused, _MISSING]
    below, above = _around(value)
    holds = {"gt": [above], "gte": [value, above], "lt": [below], "lte": [value, below]}[op]
    misses = {"gt": [value, below], "gte": [below], "lt": [value, above], "lte": [above]}[op]
    return holds if wanted else [*misses, _MISSING]


def _counted(count: int, test: Test) -> bool:
    from fixloop.pipeline.conditions import compile_condition
    from fixloop.pipeline.fetch import Fetched, FetchedRecord, Record
    from fixloop.pipeline.scope import Scope
    from fixloop.pipeline.ticket import Ticket

    records = tuple(FetchedRecord(str(n), 0.0, (), Record(str(n))) for n in range(count))
    return compile_condition(test)(Scope(Ticket(""), {}, Fetched(records, records), {})) is True


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"not {value}" if isinstance(value, str) else _MISSING


def _around(value: Any) -> tuple[Any, Any]:
    if isinstance(value, int | float):
        return value - 1, value + 1
    return "", f"{value}z"


def _sample(path: str) -> Any:
    return f"some {path.rpartition('.')[2]}".replace("_", " ")


# --- as inputs ------------------------------------------------------------------------------------------


def _materialised(assignment: Assignment, tested: set[str], workspace: Workspace) -> Iterator[Situation]:
    fields: dict[str, dict[str, list[str]]] = {}
    ticket: dict[str, Any] = {}
    fetched: dict[str, float] = {}
    row: dict[str, Any] = {}
    for path, value in assignment.items():
        root, _, rest = path.partition(".")
        if value is _MISSING or path == COUNT:
            continue
        if root == "fields" and rest.count(".") == 1:
            group, _, name = rest.partition(".")
            fields.setdefault(group, {})[name] = [str(value)]
        elif root == "record" and "." not in rest:
            row[rest] = value
        elif root == "ticket":
            _put(ticket, rest.split("."), value)
        elif root == "fetched":
            fetched[rest] = value
    for count in _counts(assignment, row):
        records = tuple(_row(workspace, number, tested) for number in range(count))
        if count == 1:
            records = ({**records[0], **row},)
        yield Situation(fields, records, ticket, fetched)


def _counts(assignment: Assignment, row: Mapping[str, Any]) -> tuple[int, ...]:
    """How many records: as many as is asked; where nobody asks, one if a column is, else one and none."""
    if COUNT in assignment:
        return (assignment[COUNT],)
    return (1,) if row else (1, 0)


def _put(target: dict[str, Any], segments: Sequence[str], value: Any) -> None:
    for segment in segments[:-1]:
        target = target.setdefault(segment, {})
    target[segments[-1]] = value


def _row(workspace: Workspace, number: int, tested: set[str]) -> Row:
    """A record with every declared column that no condition asks about: any template has its words."""
    sources = workspace.fetch.sources
    filled = {
        column: _SAMPLES.get(kind, "some text")
        for source in sources.values()
        for column, kind in source.fields.items()
    }
    ids = dict.fromkeys(source.id for source in sources.values())
    key = next(iter(ids), "id")
    known = _known_row(workspace, key, number)
    ours = {**dict.fromkeys(ids, f"r{number + 1}"), **filled, **known}
    return {column: value for column, value in ours.items() if f"record.{column}" not in tested}


def _known_row(workspace: Workspace, key: str, number: int) -> Row:
    """The rows of one record that the workspace has, as one."""
    by_id: dict[Any, list[Row]] = {}
    for rows in workspace.records.values():
        for one in rows[:200]:
            by_id.setdefault(one.get(key), []).append(one)
    found = list(by_id.values())
    return merged(found[number]) if number < len(found) else {}
