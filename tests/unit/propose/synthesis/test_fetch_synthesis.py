"""The smallest change of weights under which the right record wins in every lookup."""

import itertools
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fixloop.propose.synthesis.fetch import Change, Lookup, smallest_change, wins
from fixloop.workspace.model import FetchRules, Signal


def rules(*weights: float, threshold: float = 4) -> FetchRules:
    signals = tuple(Signal(f"g.f{n}", "accounts", f"c{n}", weight) for n, weight in enumerate(weights))
    return FetchRules({}, signals, threshold)


def lookup(rows: list[list[int]], *wanted: int) -> Lookup:
    return Lookup(np.array(rows, dtype=float), np.array([n in wanted for n in range(len(rows))]))


def test_walkthrough_two_a_namesake_no_longer_wins() -> None:
    # number, branch, given name; the second record is the namesake in the named branch.
    namesake = lookup([[1, 0, 0], [0, 1, 1]], 0)
    kept = [lookup([[0, 1, 1], [0, 0, 1]], 0)]
    change = smallest_change(rules(5, 3, 5), [namesake], kept)
    assert change == Change(((2, 1.0),))


def test_nothing_to_do_is_no_change() -> None:
    assert smallest_change(rules(5, 2), [lookup([[1, 0], [0, 1]], 0)], []) is None


def test_evidence_that_no_weights_satisfy_gives_none() -> None:
    same = [lookup([[1, 0], [1, 0]], 0)]
    assert smallest_change(rules(5, 2), same, []) is None


def test_a_tie_selects_all_that_tie() -> None:
    assert wins(lookup([[1], [1]], 0, 1), np.array([5.0]), 4)
    assert not wins(lookup([[1], [1]], 0), np.array([5.0]), 4)
    assert wins(lookup([[1]]), np.array([3.0]), 4)


def test_records_within_the_margin_tie() -> None:
    near = lookup([[1, 0], [1, 1]], 1)
    assert wins(near, np.array([5.0, 1.0]), 4)
    assert not wins(near, np.array([5.0, 1.0]), 4, margin=2)
    assert wins(near, np.array([5.0, 2.0]), 4, margin=2)
    assert wins(near, np.array([5.0, 1.0]), 6, margin=2)
    with_margin = replace(rules(5, 1), margin=2)
    assert smallest_change(with_margin, [near], []) == Change(((1, 2.0),))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(st.lists(st.integers(0, 1), min_size=3, max_size=3), min_size=2, max_size=3)),
        min_size=1,
        max_size=3,
    ),
    st.lists(st.integers(0, 6), min_size=3, max_size=3),
)
def test_no_smaller_single_change_would_do(cases: list[tuple[list[list[int]]]], weights: list[int]) -> None:
    lookups = [lookup(rows, 0) for (rows,) in cases]
    found = smallest_change(rules(*weights), lookups, [])
    if found is None or found.threshold is not None or len(found.weights) != 1:
        return
    (index, value) = found.weights[0]
    for other, candidate in itertools.product(range(3), range(11)):
        if abs(candidate - weights[other]) < abs(value - weights[index]):
            tried = np.array(weights, dtype=float)
            tried[other] = candidate
            assert not all(wins(one, tried, 4) for one in lookups)
