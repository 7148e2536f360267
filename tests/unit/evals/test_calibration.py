"""Calibration: against scikit-learn where it has the figure, else by example."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score

from fixloop.evals.calibration import auroc, calibration

answers = st.lists(st.tuples(st.integers(0, 100).map(lambda n: n / 100), st.booleans()), min_size=1)


@given(answers)
def test_brier_score_and_auroc_are_scikit_learns(found: list[tuple[float, bool]]) -> None:
    scores, right = [s for s, _ in found], [r for _, r in found]
    brier = brier_score_loss(right, scores, pos_label=True)
    assert calibration(scores, right)["brier"] == pytest.approx(brier, abs=1e-6)
    if len(set(right)) == 2:
        assert auroc(scores, right) == pytest.approx(roc_auc_score(right, scores), abs=1e-6)
    else:
        assert auroc(scores, right) is None


@given(answers, st.randoms(use_true_random=False))
def test_no_order_of_the_cases_shows(found: list[tuple[float, bool]], random: object) -> None:
    other = list(found)
    random.shuffle(other)  # type: ignore[attr-defined]
    assert calibration(*_columns(found)) == calibration(*_columns(other))


@given(answers)
def test_bins_hold_every_case_once_and_part_no_equal_scores(found: list[tuple[float, bool]]) -> None:
    bins = calibration(*_columns(found))["bins"]
    assert sum(one["count"] for one in bins) == len(found) and len(bins) <= 10
    assert all(a["to"] < b["from"] for a, b in pairwise(bins))


def test_a_confident_and_wrong_engine_is_told() -> None:
    found = calibration([0.9] * 10, [True] * 5 + [False] * 5)
    assert found["error"] == 0.4
    assert found["bins"] == [{"count": 10, "from": 0.9, "to": 0.9, "score": 0.9, "right": 0.5}]
    assert calibration([], []) == {}


def _columns(found: list[tuple[float, bool]]) -> tuple[list[float], list[bool]]:
    return [s for s, _ in found], [r for _, r in found]
