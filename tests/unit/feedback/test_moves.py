"""Shifts between two answers to the same tickets: where a move begins, how far the leaves are apart."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from fixloop.feedback.moves import Move, Share, Shift, jensen_shannon

COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 50), min_size=1).filter(
    lambda found: sum(found.values()) > 0
)


@given(COUNTS, COUNTS)
def test_the_divergence_is_scipys(before: Mapping[str, int], after: Mapping[str, int]) -> None:
    keys = sorted(before.keys() | after.keys())
    wanted = jensenshannon([before.get(k, 0) for k in keys], [after.get(k, 0) for k in keys], base=2) ** 2
    assert jensen_shannon(before, after) == pytest.approx(wanted, abs=1e-6)
    assert jensen_shannon(after, before) == jensen_shannon(before, after)


def test_the_divergence_goes_from_nothing_to_one_bit() -> None:
    assert jensen_shannon({"a": 3, "b": 1}, {"a": 6, "b": 2}) == 0.0
    assert jensen_shannon({"a": 3}, {"b": 5}) == 1.0
    assert jensen_shannon({}, {"b": 5}) == 0.0


def test_leaves_that_changed_stand_first() -> None:
    shift = Shift(
        6,
        (Move("fb-1", "x", "intent", "a/b-1", "c/b-2"), Move("fb-2", "y", "plan", "b/b-1", "b/b-2")),
        {"a": 2, "b": 4},
        {"a": 1, "b": 4, "c": 1},
    )
    assert shift.shares == (Share("a", 2, 1, 1, 0), Share("c", 0, 1, 0, 1), Share("b", 4, 4, 0, 0))
    assert shift.steps == {"intent": 1, "plan": 1}
    assert shift.to_json()["divergence"]["base"] == 2
