"""The Jensen-Shannon divergence against scipy, and what fixes add up to."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixloop.gate.divergence import REVIEW_AT, Shift, accumulated, jensen_shannon

COUNTS = st.lists(st.integers(0, 50), min_size=3, max_size=6).filter(lambda counts: sum(counts) > 0)


@given(COUNTS, COUNTS)
def test_as_scipy_has_it(one: list[int], other: list[int]) -> None:
    from scipy.spatial.distance import jensenshannon

    size = min(len(one), len(other))
    one, other = one[:size], other[:size]
    if not sum(one) or not sum(other):
        return
    p = {f"l{n}": count / sum(one) for n, count in enumerate(one)}
    q = {f"l{n}": count / sum(other) for n, count in enumerate(other)}
    expected = float(jensenshannon(list(p.values()), list(q.values()), base=2)) ** 2
    assert jensen_shannon(p, q) == pytest.approx(0.0 if math.isnan(expected) else expected, abs=1e-7)


def test_the_ends_of_the_scale() -> None:
    assert jensen_shannon({"a": 1.0}, {"a": 1.0}) == 0
    assert jensen_shannon({"a": 1.0}, {"b": 1.0}) == 1


STEP = Shift({"a": 50, "other": 50}, {"a": 50, "other": 46, "new": 4})


def test_many_small_steps_are_a_large_one() -> None:
    steps, there = [], {"a": 50, "other": 50}
    for _ in range(5):
        after = {**there, "other": there["other"] - 4, "new": there.get("new", 0) + 4}
        steps.append(Shift(there, after))
        there = after
    assert all(accumulated([step]) < REVIEW_AT for step in steps)
    whole = accumulated(steps)
    assert whole > REVIEW_AT
    assert whole == pytest.approx(accumulated([Shift(steps[0].before, steps[-1].after)]))


def test_there_and_back_is_nothing() -> None:
    assert accumulated([STEP, Shift(STEP.after, STEP.before)]) == 0


def test_other_tickets_are_not_the_fixes_doing() -> None:
    # Between the two changes customers began to ask about something else; neither moved anything there.
    later = Shift({"a": 5, "b": 95}, {"a": 5, "b": 95})
    assert accumulated([STEP, later]) == pytest.approx(accumulated([STEP]))


def test_nothing_stored_is_no_shift() -> None:
    assert accumulated([]) == 0
    assert accumulated([Shift({}, {})]) == 0
    assert not Shift({}, {}).moves


def test_it_is_kept_as_it_is() -> None:
    assert Shift.from_json(STEP.to_json()) == STEP
