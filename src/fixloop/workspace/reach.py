"""With how many selected records a branch can be reached, told from the conditions alone.

A branch may use `record.` only where exactly one record is selected for certain. The number of records is
looked at in three classes: none, one, several. For each class every condition has a set of outcomes it may
have: holds, does not, or unknown (a test of `record.` without exactly one record). Combining the sets part by
part, in Kleene's three-valued logic as conditions are evaluated, gives at least the outcomes that can really
happen: parts are treated as independent. So a branch is reached by the classes

- that reach its level and were let through by all earlier branches of the level (a branch lets a class
  through unless its condition surely holds for it), and
- for which its own condition may hold.

What is missed are contradictions between two conditions; that errs on the safe side: too many classes, never
too few.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from itertools import product
from math import ceil, floor
from typing import Any, NamedTuple

from fixloop.workspace.model import All, Branch, Condition, Not, Test
from fixloop.workspace.paths import uses_record
from fixloop.workspace.yaml_source import KeyPath

NONE, ONE, SEVERAL = 0, 1, 2
COUNTS = frozenset((NONE, ONE, SEVERAL))
COUNT = "fetched.count"

Outcome = bool | None
Outcomes = frozenset[Outcome]
_EITHER: Outcomes = frozenset((True, False))
_UNKNOWN: Outcomes = frozenset((None,))


class Visit(NamedTuple):
    """A branch, the key path of its value, and the numbers of records it can be reached with."""

    key_path: KeyPath
    branch: Branch
    counts: frozenset[int]


def visit_branches(
    branches: tuple[Branch, ...], counts: frozenset[int] = COUNTS, above: KeyPath = ()
) -> Iterator[Visit]:
    """Every branch of a tree, nested ones after the branch that holds them."""
    arriving = counts
    for index, branch in enumerate(branches):
        key_path = (*above, "branches", index)
        reached = frozenset(count for count in arriving if True in outcomes(branch.when, count))
        yield Visit(key_path, branch, reached)
        yield from visit_branches(branch.branches, reached, key_path)
        arriving = frozenset(count for count in arriving if outcomes(branch.when, count) != {True})


def outcomes(condition: Condition | None, count: int) -> Outcomes:
    """What a condition may come to when this many records are selected; the default's always holds."""
    if condition is None:
        return frozenset((True,))
    if isinstance(condition, Test):
        return _test_outcomes(condition, count)
    if isinstance(condition, Not):
        return frozenset(None if value is None else not value for value in outcomes(condition.part, count))
    combine = _both if isinstance(condition, All) else _one_of
    return _combined(combine, (outcomes(part, count) for part in condition.parts))


def _combined(combine: Callable[[Outcome, Outcome], Outcome], parts: Iterable[Outcomes]) -> Outcomes:
    return reduce(lambda a, b: frozenset(combine(x, y) for x, y in product(a, b)), parts)


def _both(a: Outcome, b: Outcome) -> Outcome:
    if a is False or b is False:
        return False
    return None if a is None or b is None else True


def _one_of(a: Outcome, b: Outcome) -> Outcome:
    if a is True or b is True:
        return True
    return None if a is None or b is None else False


def _test_outcomes(test: Test, count: int) -> Outcomes:
    if uses_record(test.path):
        return _EITHER if count == ONE else _UNKNOWN
    if test.path != COUNT:
        return _EITHER
    return frozenset(_holds(number, test.op, test.value) for number in _numbers(test, count))


def _numbers(test: Test, count: int) -> Iterable[int]:
    """The numbers of records to try: for "several", those on both sides of every number the test names."""
    if count != SEVERAL:
        return (count,)
    named = [value for value in _values(test.value) if isinstance(value, int | float)]
    near = {number for value in named for number in range(floor(value) - 1, ceil(value) + 2)}
    return {2, 3, *(number for number in near if number >= SEVERAL)}


def _values(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda a, b: bool(a > b),
    "gte": lambda a, b: bool(a >= b),
    "lt": lambda a, b: bool(a < b),
    "lte": lambda a, b: bool(a <= b),
}


def _holds(number: int, op: str, value: Any) -> bool:
    if op == "exists":
        return bool(value)
    if op in _COMPARE:
        return _is_number(value) and _COMPARE[op](number, value)
    equal = any(_is_number(wanted) and number == wanted for wanted in _values(value))
    return not equal if op in ("ne", "not_in") else equal


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
