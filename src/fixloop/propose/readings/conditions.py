"""Conditions that evidence shares, simplest first: the tests that hold there, and what other trees test.

A test that would hold almost anywhere explains little of why this evidence came together; a rare one that all
of it shares explains much. So each test is weighed by how seldom it holds among what is on record.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log
from typing import Any

from fixloop.propose.bench.situations import Ground, Situation, personal_columns
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.readings.tree_edits import ADDED, narrowed, walk, widened
from fixloop.propose.words.words import stems
from fixloop.workspace.model import All, Condition, PlanTree, Test, Workspace
from fixloop.workspace.plan_tree import all_tests

LONGEST_VALUE = 40
MOST_VALUES = 24
MOST_TESTS = 40
SECOND_TEST = 0.8
TELLING = 0.35
MOST_TELLING = 4.0
"""How much a nat of surprise takes off a condition's size, and from where on more surprise is no more."""

USED_ELSEWHERE, HABIT = 1.0, 0.5
"""What it takes off a condition's size that another tree answers so under it, and each time as many do."""

FAMILIAR, OFTEN = 0.3, 3
STRANGE = 0.6
STRETCHED = 1.5
JOINS, LEAST_JOINED, SWALLOWS = 1.0, 0.1, 2.0
"""What an alternative costs less that is one value more of those a condition compares with, what it costs at
least, and what it costs more where it leaves nothing of the comparison."""

LITERALS = 200
SAID = 0.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A condition with the size of the branch that has it."""

    condition: Condition
    size: float


def plain_values(
    bench: Workbench, situations: Iterable[Situation], most: int = MOST_VALUES
) -> dict[str, tuple[Any, ...]]:
    """Path to the values a condition on it could name: those of other trees first, then those that occur."""
    found: dict[str, dict[str, Any]] = {}
    for tree in bench.workspace.plan_trees.values():
        for _, branch in walk(tree.branches):
            for test in all_tests(branch.when):
                values = test.value if isinstance(test.value, tuple) else (test.value,)
                for value in values:
                    found.setdefault(test.path, {}).setdefault(repr(value), value)
    never = personal_columns(bench)
    for one in situations:
        for test in facts(one, never):
            if test.op == "eq":
                found.setdefault(test.path, {}).setdefault(repr(test.value), test.value)
    return {path: tuple(values.values())[:most] for path, values in found.items()}


def facts(one: Situation, never: frozenset[str]) -> Iterator[Test]:
    """Every simple test that holds in a situation; columns of persons are left out."""
    if one.record is not None:
        for column, value in one.record.items():
            if column not in never:
                yield from _value_facts(f"record.{column}", value)
    count = one.scope.fetched.count
    yield Test("fetched.count", "eq", count) if count < 2 else Test("fetched.count", "gt", 1)
    for group, fields in one.scope.fields.items():
        for name, values in fields.items():
            if values:
                yield Test(f"fields.{group}.{name}", "exists", True)
    if one.scope.ticket.language:
        yield Test("ticket.language", "eq", one.scope.ticket.language)


def _value_facts(path: str, value: Any) -> Iterator[Test]:
    if isinstance(value, list | tuple):
        for one in value[:4]:
            yield from (test for test in _value_facts(path, one) if test.op == "eq")
    elif isinstance(value, int | float) or (isinstance(value, str) and 0 < len(value) <= LONGEST_VALUE):
        yield Test(path, "eq", value)
    if value is not None:
        yield Test(path, "exists", True)


def shared_tests(bench: Workbench, ground: Ground, evidence: int, enough: int) -> list[Test]:
    """Tests that hold for at least `enough` pieces of evidence: values, ranges, lists, absence."""
    never = personal_columns(bench)
    chosen = [one for n, one in enumerate(ground.situations) if evidence >> n & 1]
    found: dict[str, Test] = {}
    for one in chosen:
        for test in facts(one, never):
            found.setdefault(repr(test), test)
    tests = [*found.values(), *_ranges(found.values()), *_lists(found.values())]
    tests += _absences(ground.situations, never)
    return [test for test in tests if (ground.mask(test) & evidence).bit_count() >= enough]


def _ranges(tests: Iterable[Test]) -> Iterator[Test]:
    numbers: dict[str, list[float]] = {}
    for test in tests:
        if test.op == "eq" and isinstance(test.value, int | float) and not isinstance(test.value, bool):
            numbers.setdefault(test.path, []).append(test.value)
    for path, values in numbers.items():
        if path != "fetched.count":
            yield Test(path, "gte", min(values))
            yield Test(path, "lte", max(values))


def _lists(tests: Iterable[Test]) -> Iterator[Test]:
    texts: dict[str, list[str]] = {}
    for test in tests:
        if test.op == "eq" and isinstance(test.value, str):
            texts.setdefault(test.path, []).append(test.value)
    for path, values in texts.items():
        if 2 <= len(values) <= 4:
            yield Test(path, "in", tuple(sorted(values)))


def _absences(situations: Iterable[Situation], never: frozenset[str]) -> Iterator[Test]:
    """Columns and fields that some situation has: their absence may be what matters."""
    paths: dict[str, None] = {}
    for one in situations:
        for test in facts(one, never):
            if test.op == "exists":
                paths.setdefault(test.path)
    yield from (Test(path, "exists", False) for path in paths)


def stretch_size(
    bench: Workbench, ground: Ground, test: Condition, evidence: int, said: frozenset[str]
) -> float:
    """What one test more in a condition costs beside the change itself: what it would in a new branch."""
    return max(0.3, STRETCHED + _size(bench, ground, test, evidence, said) - ADDED)


def joined_size(condition: Condition, test: Test, size: float) -> float:
    """What a test costs as an alternative: one value more of what is compared already is little.

    That anything stands there at all makes the comparison pointless.
    """
    compared = {one.path for one in all_tests(condition) if one.op in ("eq", "in")}
    if test.path not in compared:
        return size
    return size + SWALLOWS if test.op == "exists" else max(LEAST_JOINED, size - JOINS)


def candidates(
    bench: Workbench,
    ground: Ground,
    evidence: int,
    enough: int,
    said: frozenset[str],
    elsewhere: Mapping[str, tuple[int, Condition]],
) -> list[Candidate]:
    """Conditions for a new branch, smallest first: those of other trees, and single tests."""
    known = elsewhere
    usual = [(n, one) for n, one in known.values() if (ground.mask(one) & evidence).bit_count() >= enough]
    found = [
        Candidate(one, _size(bench, ground, one, evidence, said) - USED_ELSEWHERE - HABIT * log(n))
        for n, one in usual
    ]
    tests = shared_tests(bench, ground, evidence, enough)
    singles = [test for test in tests if repr(test) not in known and not _says_little(test)]
    found += [Candidate(test, _size(bench, ground, test, evidence, said)) for test in singles]
    return sorted(found, key=lambda one: (one.size, repr(one.condition)))


def pairs(
    bench: Workbench, ground: Ground, evidence: int, enough: int, said: frozenset[str]
) -> list[Candidate]:
    """Conditions of two tests, smallest first: for when one does not separate."""
    ones = shared_tests(bench, ground, evidence, enough)
    some = [test for test in shared_tests(bench, ground, evidence, 1) if test not in ones]
    found = [_both(first, second) for first, second in _two_of(bench, ground, evidence, said, ones)]
    found += [_either(first, second) for first, second in _two_of(bench, ground, evidence, said, some)]
    sized = [
        Candidate(one, _size(bench, ground, one, evidence, said) + SECOND_TEST)
        for one in found
        if one is not None and (ground.mask(one) & evidence).bit_count() >= enough
    ]
    return sorted(sized, key=lambda one: (one.size, repr(one.condition)))


def _two_of(
    bench: Workbench, ground: Ground, evidence: int, said: frozenset[str], tests: Sequence[Test]
) -> Iterator[tuple[Test, Test]]:
    """Two of the tests that are the smallest alone."""
    ordered = sorted(tests, key=lambda one: (_size(bench, ground, one, evidence, said), repr(one)))
    return combinations(ordered[:MOST_TESTS], 2)


def _either(first: Test, second: Test) -> Condition | None:
    """One or the other; of absences nobody makes a rule."""
    return None if False in (first.value, second.value) else widened(first, second)


def _both(first: Condition, second: Condition) -> Condition | None:
    if isinstance(first, Test) and isinstance(second, Test) and first.path == second.path:
        return None
    return narrowed(first, second)


def _says_little(condition: Condition) -> bool:
    """That one record was found says nothing about why another answer was wanted."""
    return condition == Test("fetched.count", "eq", 1)


def _size(
    bench: Workbench, ground: Ground, condition: Condition, evidence: int, said: frozenset[str]
) -> float:
    """A new branch's size with this condition: plainer, rarer and named by staff is smaller."""
    held = (ground.mask(condition) & evidence).bit_count()
    surprise = min(MOST_TELLING, -held * log(bench_share(bench, condition)))
    named = max((_mentioned(test, said) for test in all_tests(condition)), default=0)
    return ADDED + plainness(bench, condition) - TELLING * surprise - SAID * named


def plainness(bench: Workbench, condition: Condition) -> float:
    """How long a condition is to say in this workspace, in nats: odd tests, literals, what nobody tests."""
    tests = tuple(all_tests(condition))
    odd = sum(_oddness(test) for test in tests)
    return odd + sum(_literal(bench, test) for test in tests) - sum(_familiar(bench, test) for test in tests)


def _literal(bench: Workbench, test: Test) -> float:
    """What it costs to say a value: one of few is soon said, one of many fits whatever has been seen.

    Values that other trees name on that path are as good as few. A path that nobody tests costs besides.
    """
    if "literals" not in bench.kept:
        trees = bench.workspace.plan_trees.values()
        bench.kept["literals"] = plain_values(bench, ())
        bench.kept["on record"] = plain_values(bench, bench.population.situations, most=LITERALS)
        bench.kept["paths"] = {
            t.path for tree in trees for _, branch in walk(tree.branches) for t in all_tests(branch.when)
        }
    known: Mapping[str, Sequence[Any]] = bench.kept["literals"]
    every: Mapping[str, Sequence[Any]] = bench.kept["on record"]
    strange = 0.0 if test.path in bench.kept["paths"] or test.path.startswith("fetched.") else STRANGE
    if test.op == "exists":
        return strange
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    usual = {repr(value) for value in known.get(test.path, ())}
    choices = [2 if repr(value) in usual else max(2, len(every.get(test.path, ()))) for value in values]
    return strange + TELLING * sum(map(log, choices))


def _familiar(bench: Workbench, test: Test) -> float:
    """Trees ask the same things again and again: a path that others test, in the same way, is likelier."""
    if "tested" not in bench.kept:
        trees = bench.workspace.plan_trees.values()
        tests = [t for tree in trees for _, branch in walk(tree.branches) for t in all_tests(branch.when)]
        bench.kept["tested"] = Counter(sort for one in tests for sort in _sorts(one))
    tested: Counter[str] = bench.kept["tested"]
    return sum(FAMILIAR * min(1.0, tested[sort] / OFTEN) for sort in _sorts(test))


def _sorts(test: Test) -> tuple[str, str]:
    """A test's path, and its path with what it is compared to: texts and flags, numbers, or being there."""
    value = test.value[0] if isinstance(test.value, tuple) else test.value
    number = isinstance(value, int | float) and not isinstance(value, bool)
    kind = "there" if test.op == "exists" else "number" if number else "value"
    return test.path, f"{test.path} {kind}"


def _mentioned(test: Test, said: frozenset[str]) -> int:
    """2 where staff say the value ("it is closed"), 1 where they say the whole name of column or field."""
    name = stems(test.path.rsplit(".", 1)[-1])
    if test.op == "eq" and isinstance(test.value, str) and stems(test.value) & said:
        return 2
    return (2 if test.value is True and test.op == "eq" else 1) if name and name <= said else 0


def _oddness(test: Test) -> float:
    """Flags that are set read best, then values of a record, ranges and lists, then what is absent."""
    if test.op == "eq":
        return 0.0 if test.value is True else 0.25 if test.value is False else 0.1
    if test.op == "exists":
        return 0.1 if test.value and test.path.startswith("fields.") else 0.4
    return 0.3 if test.op != "in" else 0.2 * len(test.value)


def bench_share(bench: Workbench, condition: Condition) -> float:
    """How much of what is on record a condition holds for, never quite 0 or 1."""
    ground = bench.population
    return (ground.mask(condition).bit_count() + 0.5) / (len(ground.situations) + 1)


def conditions_elsewhere(workspace: Workspace, leaf: str, reply: str) -> list[Condition]:
    """The conditions under which other trees answer with a template, most used first."""
    counts = counted_elsewhere(workspace, leaf, reply)
    return [one for _, one in sorted(counts.values(), key=lambda item: (-item[0], repr(item[1])))]


def whole_conditions(bench: Workbench, tree: PlanTree) -> dict[str, list[Condition]]:
    """By branch id, the conditions under which other trees answer as that branch does."""
    return {
        branch.id: conditions_elsewhere(bench.workspace, tree.leaf, branch.reply)
        for _, branch in walk(tree.branches)
        if branch.reply is not None
    }


def counted_elsewhere(workspace: Workspace, leaf: str, reply: str) -> dict[str, tuple[int, Condition]]:
    """How many branches of other trees answer with a template under each condition, by what it reads as."""
    counts: dict[str, tuple[int, Condition]] = {}
    for name, tree in sorted(workspace.plan_trees.items()):
        if name == leaf:
            continue
        for _, branch in walk(tree.branches):
            if branch.reply == reply and branch.when is not None:
                key = repr(branch.when)
                counts[key] = (counts.get(key, (0, branch.when))[0] + 1, branch.when)
    return counts


def parts_of(condition: Condition) -> Sequence[Condition]:
    """The parts that must all hold."""
    return condition.parts if isinstance(condition, All) else (condition,)


def said_of(comments: Iterable[str]) -> frozenset[str]:
    """The stems of everything staff say, affirmed or negated."""
    from fixloop.propose.words.words import read_comment

    heard = [read_comment(comment) for comment in comments]
    return frozenset().union(*(one.affirmed | one.negated for one in heard)) if heard else frozenset()


def after_elsewhere(bench: Workbench, leaf: str, condition: Condition) -> frozenset[str]:
    """The conditions, as they are represented, that come after this one in other trees."""
    if "orders" not in bench.kept:
        trees = sorted(bench.workspace.plan_trees.items())
        bench.kept["orders"] = {name: [repr(one.when) for one in tree.branches] for name, tree in trees}
    orders: Mapping[str, list[str]] = bench.kept["orders"]
    key = repr(condition)
    later = (whens[whens.index(key) + 1 :] for name, whens in orders.items() if name != leaf and key in whens)
    return frozenset(one for whens in later for one in whens)
