"""Expectations and answers, value by value."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixloop.evals.expect import tools_meet
from fixloop.pipeline.proposal import ToolCallMade


def called(*calls: tuple[str, dict[str, Any]]) -> list[ToolCallMade]:
    return [ToolCallMade(name, args) for name, args in calls]


@pytest.mark.parametrize(
    ("expected", "got", "met"),
    [
        ([], [], True),
        ([], [("refund", {})], False),
        (["refund"], [], False),
        (["refund"], [("refund", {"amount": 5})], True),
        ([{"name": "refund", "args": {"amount": 5}}], [("refund", {"amount": 5.0, "to": "x"})], True),
        ([{"name": "refund", "args": {"amount": 1}}], [("refund", {"amount": True})], False),
        ([{"name": "refund", "args": {"amount": None}}], [("refund", {})], False),
        (["refund", "close"], [("close", {}), ("refund", {})], True),
        # Taking the first that fits would leave the second expectation without its call.
        (
            ["refund", {"name": "refund", "args": {"n": 1}}],
            [("refund", {"n": 1}), ("refund", {"n": 2})],
            True,
        ),
        (["refund", "refund"], [("refund", {}), ("close", {})], False),
    ],
)
def test_tools_are_paired(expected: list[Any], got: list[tuple[str, dict[str, Any]]], met: bool) -> None:
    assert tools_meet(expected, called(*got)) is met


calls = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.dictionaries(st.sampled_from("xy"), st.integers(0, 2)))
)


@given(calls, st.randoms(use_true_random=False))
def test_calls_meet_themselves_in_any_order_and_never_one_call_fewer(
    some: list[tuple[str, dict[str, int]]], random: Any
) -> None:
    expected: list[Any] = [
        {"name": name, "args": args} if random.random() < 0.5 else name for name, args in some
    ]
    random.shuffle(expected)
    assert tools_meet(expected, called(*some))
    if some:
        assert not tools_meet(expected, called(*some[1:]))
