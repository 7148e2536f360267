from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixloop.errors import BadInput
from fixloop.workspace.model import All, AnyOf, Condition, Not, Test
from fixloop.workspace.plan_tree import (
    all_tests,
    branch_id,
    branch_to_value,
    canonical_condition,
    condition_to_value,
    parse_branch,
    parse_condition,
)

PATHS = st.sampled_from(["fetched.count", "record.a", "fields.g.f", "ticket.id", "records"])
SCALARS = st.booleans() | st.integers(-5, 5) | st.text("ab ", max_size=3)
NUMBERS = st.integers(-5, 5) | st.floats(-5, 5)
TESTS = (
    st.builds(Test, PATHS, st.sampled_from(["eq", "ne", "contains"]), SCALARS)
    | st.builds(
        Test, PATHS, st.sampled_from(["in", "not_in"]), st.lists(SCALARS, min_size=1, max_size=3).map(tuple)
    )
    | st.builds(Test, PATHS, st.sampled_from(["gt", "gte", "lt", "lte"]), NUMBERS)
    | st.builds(Test, PATHS, st.just("exists"), st.booleans())
)


def _groups(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(parts, min_size=1, max_size=4).map(tuple)
    return st.builds(All, several) | st.builds(AnyOf, several) | st.builds(Not, parts)


CONDITIONS: st.SearchStrategy[Condition] = st.recursive(TESTS, _groups, max_leaves=8)


@given(CONDITIONS)
def test_condition_to_value_to_condition_is_identity(condition: Condition) -> None:
    canonical = canonical_condition(condition)
    value = condition_to_value(canonical)
    assert repr(parse_condition(value)) == repr(canonical)
    assert repr(condition_to_value(parse_condition(value))) == repr(value)


@given(CONDITIONS)
def test_no_test_is_lost_on_the_way(condition: Condition) -> None:
    assert sorted(map(repr, all_tests(canonical_condition(condition)))) == sorted(
        map(repr, all_tests(condition))
    )


@given(CONDITIONS, st.lists(st.sampled_from([True, False, None]), min_size=40, max_size=40))
def test_the_canonical_condition_means_the_same(condition: Condition, outcomes: list[bool | None]) -> None:
    table = dict(zip(dict.fromkeys(map(repr, all_tests(condition))), outcomes, strict=False))
    assert _evaluate(condition, table) == _evaluate(canonical_condition(condition), table)


def _evaluate(condition: Condition | None, table: dict[str, bool | None]) -> bool | None:
    if condition is None:
        return True
    if isinstance(condition, Test):
        return table[repr(condition)]
    if isinstance(condition, Not):
        inner = _evaluate(condition.part, table)
        return None if inner is None else not inner
    parts = [_evaluate(part, table) for part in condition.parts]
    decisive = isinstance(condition, AnyOf)
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


@pytest.mark.parametrize(
    "value",
    [
        {"fetched.count": 0},
        {"fetched.count": {"gt": 1, "lt": 9}, "record.a": True},
        {"any": [{"record.a": "x"}, {"record.b": {"in": ["x", 1]}}], "not": {"record.c": {"exists": False}}},
        {"all": [{"fields.g.f": {"contains": "a"}}, {"fields.g.f": {"contains": "b"}}]},
    ],
)
def test_canonical_values_come_back(value: Any) -> None:
    assert condition_to_value(parse_condition(value)) == value


def test_all_is_dissolved_where_a_mapping_says_the_same() -> None:
    assert condition_to_value(parse_condition({"all": [{"a.b": {"eq": 1}}, {"c.d": 2}]})) == {
        "a.b": 1,
        "c.d": 2,
    }


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "must map"),
        ({}, "empty condition"),
        ({"a.b": {"equals": 1}}, "unknown operator"),
        ({"a.b": {}}, "nothing is asked"),
        ({"a.b": None}, "takes one plain value"),
        ({"a.b": ["x"]}, "takes one plain value"),
        ({"a.b": {"in": "x"}}, "takes a list"),
        ({"a.b": {"in": []}}, "takes a list"),
        ({"a.b": {"gt": True}}, "takes a number"),
        ({"a.b": {"exists": 1}}, "takes true or false"),
        ({"any": {"a.b": 1}}, "must be a list"),
        ({"any": [None]}, "empty entry"),
        ({"not": None}, "needs a condition"),
    ],
)
def test_what_is_no_condition_is_refused(value: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        parse_condition(value)


def test_a_branch_without_an_id_is_named_by_what_it_does() -> None:
    value = {"when": {"b.c": 2, "a.b": 1}, "reply": "hello"}
    same = {"when": {"a.b": {"eq": 1}, "b.c": 2}, "reply": "hello", "review": "always"}
    assert parse_branch(value).id == parse_branch(same).id == branch_id({"a.b": 1, "b.c": 2}, "hello", [])
    assert parse_branch({"when": {"a.b": 1}, "reply": "hello"}).id != parse_branch(value).id


def test_nested_defaults_have_ids_of_their_own() -> None:
    inner = {"when": {"a.b": 1}, "branches": [{"when": {"c.d": 1}, "reply": "x"}, {"reply": "y"}]}
    branch = parse_branch(inner)
    assert branch.branches[1].id != parse_branch({"reply": "y"}).id
    assert branch_to_value(branch) == inner


@pytest.mark.parametrize(
    "value",
    [
        {
            "id": "fraud",
            "when": {"record.a": True},
            "reply": "r",
            "tools": [{"name": "t", "args": {"x": [1]}}],
        },
        {"reply": "r", "tools": [{"name": "t"}], "review": "always"},
        {"when": {"fetched.count": {"gt": 1}}, "branches": [{"reply": "x"}]},
    ],
)
def test_branches_come_back_as_they_were_written(value: Any) -> None:
    assert branch_to_value(parse_branch(value)) == value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"when": {"a.b": 1}}, "without `reply:`"),
        ({"reply": "x", "branches": [{"reply": "y"}]}, "not both"),
        ({"reply": "x", "tool": []}, "unknown key"),
        ({"reply": "X"}, "small letters"),
        ("x", "must be a mapping"),
    ],
)
def test_what_is_no_branch_is_refused(value: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        parse_branch(value)
