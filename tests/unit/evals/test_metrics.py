"""Metrics against scikit-learn where it has them, by hand where it has not."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from fixloop.evals.case import Case
from fixloop.evals.metrics import metrics_of
from fixloop.evals.result import FAIL, PASS, UNSCORED, CaseResult

LEAVES = ["account_locked", "login_problem", "payments.other", "other"]


def result(suite: str, spec: dict[str, Any], got: Any, **known: Any) -> CaseResult:
    outcome = known.pop("outcome", PASS)
    return CaseResult(Case(suite, "c", spec), outcome, got, known.pop("step", ""), trace=known)


def intent(expected: str, got: str, raw: str | None = None) -> CaseResult:
    return result(
        "intent", {"expect": expected}, got, outcome=PASS if expected == got else FAIL, raw=raw or got
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(LEAVES), st.sampled_from(LEAVES)), min_size=1, max_size=40))
def test_intent_metrics_are_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    expected, got = zip(*pairs, strict=True)
    ours = metrics_of("intent", [intent(*pair) for pair in pairs])
    names = sorted({*expected, *got})
    assert ours["accuracy"] == pytest.approx(accuracy_score(expected, got), abs=1e-6)
    for average in ("macro", "micro"):
        rates = precision_recall_fscore_support(expected, got, average=average, zero_division=0)[:3]
        assert list(ours[average].values()) == pytest.approx(rates, abs=1e-6)
        assert ours[f"{average}_f1"] == ours[average]["f1"]
    table = precision_recall_fscore_support(expected, got, labels=names, average=None, zero_division=0)
    assert list(ours["classes"]) == names
    for name, *numbers in zip(names, *table, strict=True):
        assert list(ours["classes"][name].values()) == pytest.approx(numbers, abs=1e-6)
    assert sum(sum(row.values()) for row in ours["confusion"].values()) == len(pairs)


def test_other_is_a_class_of_its_own_before_and_after_the_threshold() -> None:
    ours = metrics_of(
        "intent",
        [
            intent("account_locked", "account_locked"),
            intent("account_locked", "other", raw="account_locked"),
            intent("other", "payments.other", raw="login_problem"),
            intent("payments.other", "payments.other", raw="payments.other"),
        ],
    )
    assert ours["accuracy"] == 0.5
    assert ours["in_scope_accuracy"] == 0.5
    assert ours["other"] == {"precision": 0.666667, "recall": 1.0, "f1": 0.8, "support": 2}
    assert ours["raw"]["in_scope_accuracy"] == 1.0
    assert ours["raw"]["other"] == {"precision": 1.0, "recall": 0.5, "f1": 0.666667, "support": 2}
    assert ours["confusion"]["account_locked"] == {"account_locked": 1, "other": 1}


@pytest.mark.parametrize(
    "suite", ["intent", "extraction", "fetch", "plan", "pipeline", "fallback", "known_good"]
)
def test_an_unscored_case_enters_no_rate(suite: str) -> None:
    crash = result(suite, {"expect": {}}, None, outcome=UNSCORED)
    assert metrics_of(suite, [crash]) == metrics_of(suite, [])


def test_extraction_counts_values_of_the_fields_a_case_speaks_of() -> None:
    found = {"account": {"account_number": ["A1", "A2"], "branch": ["Riverton"]}}
    open_case = result("extraction", {"expect": {"account": {"account_number": ["A1", "A3"]}}}, found)
    exact = result(
        "extraction", {"expect": {}, "exact": True}, {"account": {"branch": ["Easton"]}}, outcome=FAIL
    )
    ours = metrics_of("extraction", [open_case, exact])
    assert ours["passed"] == 0.5
    assert ours["fields"]["account.account_number"] == {
        "precision": 0.5,
        "recall": 0.5,
        "f1": 0.5,
        "support": 2,
    }
    assert ours["fields"]["account.branch"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}
    assert (ours["precision"], ours["recall"]) == (0.333333, 0.5)
    assert ours["groups"]["account"] == {"precision": 0.333333, "recall": 0.5, "f1": 0.4, "support": 2}
    assert (ours["false_positives"], ours["false_negatives"]) == (2, 1)
    assert ours["false_positive_share"] == 0.666667


def test_the_other_suites_count_shares_and_where_it_first_went_wrong() -> None:
    one: dict[str, Any] = {"expect": {"records": ["a"]}}
    none: dict[str, Any] = {"expect": {"records": []}}
    fetch = [
        result("fetch", one, {}, top_score=5.0, margin=3.0, over_threshold=1.0),
        result("fetch", one, {}, outcome=FAIL, top_score=4.0, margin=0.0, over_threshold=0.0),
        result("fetch", none, {}, top_score=3.0, margin=1.0, over_threshold=-1.0),
        result("fetch", none, {}, top_score=0.0, margin=0.0, over_threshold=None),
    ]
    assert metrics_of("fetch", fetch) == {
        "right_records": 0.75,
        "mean_top_score": 3.0,
        "mean_margin": 1.0,
        "mean_over_threshold": 0.0,
        "narrowest": {"margin": 3.0, "over_threshold": 1.0},
    }
    plan = [
        result("plan", {}, {}, reply=True, tools=True),
        result("plan", {}, {}, outcome=FAIL, reply=True, tools=False),
        result("plan", {}, {}, branch=True),
    ]
    assert metrics_of("plan", plan) == {
        "passed": 0.666667,
        "right_branch": 1.0,
        "right_reply": 1.0,
        "right_tools": 0.5,
    }
    pipeline = [result("pipeline", {}, {}), result("pipeline", {}, {}, outcome=FAIL, step="fetch")]
    ours = metrics_of("pipeline", pipeline)
    assert ours["end_to_end"] == 0.5
    assert ours["first_wrong_step"] == {"intent": 0, "extraction": 0, "fetch": 1, "plan": 0, "template": 0}
