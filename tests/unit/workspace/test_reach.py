from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixloop.workspace.load import inspect_workspace
from fixloop.workspace.model import All, AnyOf, Branch, Condition, Not, Test
from fixloop.workspace.plan_tree import parse_branch
from fixloop.workspace.reach import visit_branches
from tests.support.worlds import build_snapshot, minimal_world

COUNT = "fetched.count"
NO = "no record"


def counts(*values: Any) -> list[frozenset[int]]:
    return [visit.counts for visit in visit_branches(tuple(parse_branch(value) for value in values))]


@pytest.mark.parametrize(
    "earlier",
    [
        [{COUNT: {"ne": 1}}],
        [{"not": {COUNT: 1}}],
        [{COUNT: 0}, {COUNT: {"gt": 1}}],
        [{COUNT: {"gte": 2}}, {COUNT: {"lt": 1}}],
        [{COUNT: {"not_in": [1]}}],
        [{"any": [{COUNT: 0}, {COUNT: {"gte": 2}}]}],
        [{"any": [{COUNT: {"ne": 1}}, {"record.a": 1}]}],
        [{COUNT: 0}, {COUNT: {"gt": 1}, "ticket.id": "x"}, {COUNT: {"gte": 2}}],
    ],
)
def test_after_these_there_is_one_record(earlier: list[Any]) -> None:
    assert counts(*({"when": when, "reply": "x"} for when in earlier), {"reply": "y"})[-1] == {1}


@pytest.mark.parametrize(
    "own",
    [
        {COUNT: 1},
        {"record.a": 1},
        {"record.a": {"exists": False}},
        {"not": {"record.a": 1}},
        {"any": [{"record.a": 1}, {COUNT: 1}]},
        {COUNT: {"gt": 0, "lt": 2}},
        {COUNT: {"in": [1]}, "ticket.id": "x"},
        {"not": {"any": [{COUNT: 0}, {COUNT: {"gt": 1}}]}},
    ],
)
def test_these_hold_only_with_one_record(own: Any) -> None:
    assert counts({"when": own, "reply": "x"}, {"reply": "y"})[0] == {1}


@pytest.mark.parametrize(
    "own",
    [
        {COUNT: {"lte": 1}},
        {COUNT: {"gte": 1}},
        {"any": [{"record.a": 1}, {"ticket.id": "x"}]},
        {"ticket.id": "x"},
        {COUNT: {"in": [1, 3]}},
        {"not": {"record.a": 1, COUNT: 1}},
        {COUNT: {"gt": 0}},
    ],
)
def test_these_may_hold_without_one_record(own: Any) -> None:
    assert counts({"when": own, "reply": "x"}, {"reply": "y"})[0] > {1}


def test_a_branch_that_only_may_catch_lets_the_rest_through() -> None:
    assert (
        2
        in counts(
            {"when": {COUNT: {"gt": 2}}, "reply": "x"}, {"when": {COUNT: 0}, "reply": "x"}, {"reply": "y"}
        )[-1]
    )


def test_a_nested_branch_inherits_what_its_parent_asked() -> None:
    nested = {"when": {COUNT: 1}, "branches": [{"when": {"ticket.id": "x"}, "reply": "a"}, {"reply": "b"}]}
    assert counts(nested, {"reply": "y"}) == [{1}, {1}, {1}, {0, 2}]


def test_a_record_used_without_one_is_told_at_the_reply_and_the_argument() -> None:
    tool = "tools: [{name: escalate_to_security, args: {account_id: 'no {{ record.account_id }}'}}]"
    text = (
        f"leaf: account_locked\nbranches:\n  - when: {{fetched.count: 0}}\n"
        f"    reply: transfer_help\n  - reply: unlock_instructions\n    {tool}\n"
    )
    told = [
        problem
        for problem in inspect_workspace(build_snapshot(minimal_world(account_locked=text))).problems
        if "record.`" not in problem.message and "reached with" in problem.message
    ]
    assert [(problem.place.line, problem.severity) for problem in told] == [(5, "error"), (6, "error")]
    assert all("several records" in problem.message for problem in told)


def test_a_branch_that_no_number_of_records_reaches_is_a_warning() -> None:
    text = (
        "leaf: account_locked\nbranches:\n"
        "  - {when: {fetched.count: {gte: 0}}, reply: handover}\n  - {reply: transfer_help}\n"
    )
    found = inspect_workspace(build_snapshot(minimal_world(account_locked=text))).problems
    assert [(p.place.line, p.severity) for p in found if "never be reached" in p.message] == [(4, "warning")]


TESTS = (
    st.builds(
        Test,
        st.just(COUNT),
        st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"]),
        st.integers(-1, 4) | st.floats(-1, 4),
    )
    | st.builds(
        Test,
        st.just(COUNT),
        st.sampled_from(["in", "not_in"]),
        st.lists(st.integers(0, 4), min_size=1, max_size=3).map(tuple),
    )
    | st.builds(Test, st.sampled_from(["record.a", "record.b", "ticket.id"]), st.just("eq"), st.just(1))
)


def _groups(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return st.builds(All, several) | st.builds(AnyOf, several) | st.builds(Not, parts)


CONDITIONS: st.SearchStrategy[Condition] = st.recursive(TESTS, _groups, max_leaves=6)
BRANCHES = st.recursive(
    st.builds(Branch, st.just("b"), st.none() | CONDITIONS, st.just("r")),
    lambda inner: st.builds(
        Branch,
        st.just("b"),
        st.none() | CONDITIONS,
        branches=st.lists(inner, min_size=1, max_size=3).map(tuple),
    ),
    max_leaves=6,
)


@given(
    st.lists(BRANCHES, min_size=1, max_size=4).map(tuple),
    st.integers(0, 6),
    st.fixed_dictionaries({path: st.booleans() for path in ("record.a", "record.b", "ticket.id")}),
)
def test_no_branch_is_reached_with_a_number_that_was_ruled_out(
    branches: tuple[Branch, ...], count: int, answers: dict[str, bool]
) -> None:
    expected = list(visit_branches(branches))
    places = {visit.key_path: visit.counts for visit in expected}
    for key_path in _really_reached(branches, (), count, answers):
        assert min(count, 2) in places[key_path]


def _really_reached(
    branches: tuple[Branch, ...], above: tuple[Any, ...], count: int, answers: dict[str, bool]
) -> Iterator[tuple[Any, ...]]:
    for index, branch in enumerate(branches):
        if branch.when is None or _evaluate(branch.when, count, answers) is True:
            yield (*above, "branches", index)
            yield from _really_reached(branch.branches, (*above, "branches", index), count, answers)
            return


def _evaluate(condition: Condition, count: int, answers: dict[str, bool]) -> bool | None:
    if isinstance(condition, Not):
        inner = _evaluate(condition.part, count, answers)
        return None if inner is None else not inner
    if isinstance(condition, Test):
        if condition.path.startswith("record."):
            return answers[condition.path] if count == 1 else None
        return _compare(condition, count) if condition.path == COUNT else answers[condition.path]
    parts = [_evaluate(part, count, answers) for part in condition.parts]
    decisive = isinstance(condition, AnyOf)
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _compare(test: Test, count: int) -> bool:
    value = test.value
    match test.op:
        case "eq":
            return bool(count == value)
        case "ne":
            return bool(count != value)
        case "gt":
            return bool(count > value)
        case "gte":
            return bool(count >= value)
        case "lt":
            return bool(count < value)
        case "lte":
            return bool(count <= value)
        case "in":
            return count in value
    return count not in value
