"""Paired comparison: laws by hypothesis, statistics against scipy, rules by example."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, false_discovery_control

from fixloop.evals.case import Case
from fixloop.evals.compare import (
    BETTER,
    NO_DIFFERENCE,
    NOT_COMPARABLE,
    TOO_FEW,
    WORSE,
    compare_reports,
    compare_suite,
    exact_mcnemar,
    holm,
    smallest_detectable,
    wilson_interval,
)
from fixloop.evals.result import FAIL, PASS, UNSCORED, CaseResult, EvalReport, SuiteReport

OUTCOMES = {"p": PASS, "f": FAIL, "u": UNSCORED}
SWAPPED = {BETTER: WORSE, WORSE: BETTER}


def suite(outcomes: dict[str, str], judge: str = "", name: str = "plan") -> SuiteReport:
    results = (
        CaseResult(Case(name, case, {"expect": {"reply": "x"}}), OUTCOMES[letter])
        for case, letter in outcomes.items()
    )
    return SuiteReport(name, tuple(results), judge=judge)


def row(letters: str) -> SuiteReport:
    return suite({f"c{number:03}": letter for number, letter in enumerate(letters)})


reports = st.dictionaries(st.integers(0, 30).map(lambda n: f"c{n:02}"), st.sampled_from("pfu"), max_size=30)


@given(reports, reports)
def test_the_comparison_turned_round_swaps_gains_and_regressions(
    a: dict[str, str], b: dict[str, str]
) -> None:
    there, back = compare_suite(suite(a), suite(b)), compare_suite(suite(b), suite(a))
    assert (there.gains, there.regressions) == (back.regressions, back.gains)
    assert (there.new, there.missing) == (back.missing, back.new)
    assert (there.aligned, there.p, there.mde) == (back.aligned, back.p, back.mde)
    assert there.outcome == SWAPPED.get(back.outcome, back.outcome)
    assert there.aligned + len(there.new) == len(b) and there.aligned + len(there.missing) == len(a)


@given(reports, reports, st.randoms(use_true_random=False))
def test_the_order_of_results_changes_nothing(a: dict[str, str], b: dict[str, str], random: object) -> None:
    shuffled = list(b.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert compare_suite(suite(a), suite(b)) == compare_suite(suite(a), suite(dict(shuffled)))


@given(reports)
def test_a_report_is_no_different_from_itself(a: dict[str, str]) -> None:
    same = compare_suite(suite(a), suite(a))
    assert same.outcome in (NO_DIFFERENCE, TOO_FEW)
    assert (same.gains, same.regressions, same.p) == ((), (), 1.0)


@given(reports, reports)
def test_unscored_never_counts_as_a_pass(a: dict[str, str], b: dict[str, str]) -> None:
    found = compare_suite(suite(a), suite(b))
    for case in a.keys() & b.keys():
        if b[case] == "u":
            assert case not in found.gains
            assert (case in found.regressions) == (a[case] != "u")


@pytest.mark.parametrize(
    ("before", "after", "gains", "regressions"),
    [
        ("p", "f", 0, 1),
        ("p", "u", 0, 1),
        ("f", "u", 0, 1),
        ("f", "p", 1, 0),
        ("u", "p", 1, 0),
        ("p", "p", 0, 0),
        ("f", "f", 0, 0),
        ("u", "u", 0, 0),
    ],
)
def test_what_counts_as_a_move(before: str, after: str, gains: int, regressions: int) -> None:
    found = compare_suite(row(before), row(after))
    assert (len(found.gains), len(found.regressions)) == (gains, regressions)


def test_the_five_outcomes() -> None:
    assert compare_suite(row("f" * 6), row("p" * 6)).outcome == BETTER
    assert compare_suite(row("p" * 6), row("f" * 6)).outcome == WORSE
    assert compare_suite(row("p" * 20), row("p" * 17 + "fff")).outcome == NO_DIFFERENCE
    assert compare_suite(row("p" * 5), row("f" * 5)).outcome == TOO_FEW
    assert compare_suite(suite({"a": "p"}, "v1"), suite({"a": "p"}, "v2")).outcome == NOT_COMPARABLE
    assert compare_suite(suite({}, ""), suite({"a": "p"}, "v2")).outcome == TOO_FEW


def test_a_case_that_asks_something_else_is_missing_and_new() -> None:
    before = CaseResult(Case("plan", "a", {"expect": {"reply": "x"}}), PASS)
    after = CaseResult(Case("plan", "a", {"expect": {"reply": "y"}}), PASS)
    found = compare_suite(SuiteReport("plan", (before,)), SuiteReport("plan", (after,)))
    assert (found.aligned, found.new, found.missing) == (0, ("a",), ("a",))


def test_every_suite_of_either_side_is_compared_and_told_as_json() -> None:
    base = EvalReport({"plan": suite({"a": "p", "b": "p", "old": "p"})})
    head = EvalReport(
        {"plan": suite({"a": "f", "b": "p", "new": "f"}), "fetch": suite({"x": "p"}, name="fetch")}
    )
    found = compare_reports(base, head)
    assert list(found) == ["plan", "fetch"]
    assert found["plan"].to_json() == {
        "outcome": "too_few",
        "aligned": 2,
        "new": 1,
        "missing": 1,
        "gains": [],
        "regressions": ["a"],
        "p": 1.0,
        "p_holm": 1.0,
        "mde": None,
        "passed": {"base": 2, "head": 1},
        "intervals": {"base": [0.34238, 1.0], "head": [0.094531, 0.905469]},
    }
    assert found["fetch"].aligned == 0


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_exact_test_is_scipys(gains: int, regressions: int) -> None:
    changed = gains + regressions
    expected = binomtest(gains, changed).pvalue if changed else 1.0
    assert exact_mcnemar(gains, regressions) == pytest.approx(expected, rel=1e-9)


@given(st.integers(0, 5000), st.integers(1, 5000), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_interval_is_scipys(hits: int, total: int, level: float) -> None:
    hits = min(hits, total)
    from scipy.stats import norm

    ours = wilson_interval(hits, total, norm.ppf(0.5 + level / 2))
    theirs = binomtest(hits, total).proportion_ci(level, method="wilson")
    assert tuple(ours) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0 <= ours.low <= hits / total <= ours.high <= 1


def test_nothing_counted_tells_nothing() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert wilson_interval(9, 10) == wilson_interval(9, 10, 1.959963984540054)


@given(st.integers(0, 400), st.integers(0, 60), st.integers(0, 60))
def test_the_smallest_effect_is_just_significant(aligned: int, gains: int, regressions: int) -> None:
    found = smallest_detectable(aligned, gains, regressions)
    noise = min(gains, regressions)
    if found is None:
        assert aligned < 2 * noise or exact_mcnemar(aligned - noise, noise) > 0.05
        return
    net = round(found * aligned)
    assert exact_mcnemar(noise + net, noise) <= 0.05 < exact_mcnemar(noise + net - 1, noise)


def test_thousands_of_moves_are_compared_at_once() -> None:
    assert exact_mcnemar(5000, 5000) == 1.0
    assert math.isclose(exact_mcnemar(4900, 5100), binomtest(4900, 10000).pvalue, rel_tol=1e-6)
    assert smallest_detectable(100_000, 5000, 5200) == 0.00199
    assert binomtest(5000, 10_199).pvalue <= 0.05 < binomtest(5000, 10_198).pvalue


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holms_adjustment_is_its_definition(values: list[float]) -> None:
    ranked = sorted(values)
    steps = [min(1.0, (len(ranked) - k) * p) for k, p in enumerate(ranked)]
    wanted = {p: max(steps[: k + 1]) for k, p in enumerate(ranked)}
    # Of equal values the first in line decides; those after it are never smaller.
    assert sorted(holm(values)) == pytest.approx([max(steps[: k + 1]) for k in range(len(ranked))])
    assert all(p <= adjusted <= wanted[p] + 1e-12 for p, adjusted in zip(values, holm(values), strict=True))
    assert all(a >= b - 1e-12 for a, b in zip(sorted(holm(values)), _benjamini_hochberg(values), strict=True))


def _benjamini_hochberg(values: list[float]) -> list[float]:
    """Controls less, so it is never above Holm's."""
    return sorted(false_discovery_control(values)) if values else []


def test_a_suite_is_judged_in_the_light_of_the_others() -> None:
    down, same = {f"c{n}": "p" for n in range(6)}, {f"d{n}": "p" for n in range(20)}
    lost = dict.fromkeys(down, "f")
    alone = compare_reports(EvalReport({"plan": suite(down)}), EvalReport({"plan": suite(lost)}))
    assert (alone["plan"].p_holm, alone["plan"].outcome) == (0.03125, WORSE)
    fetch = suite(same, name="fetch")
    base = EvalReport({"plan": suite(down), "fetch": fetch})
    both = compare_reports(base, EvalReport({"plan": suite(lost), "fetch": fetch}))
    assert (both["plan"].p, both["plan"].p_holm, both["plan"].outcome) == (0.03125, 0.0625, TOO_FEW)
    assert both["fetch"].outcome == NO_DIFFERENCE


def test_shares_and_their_intervals_are_of_the_aligned_cases() -> None:
    found = compare_suite(row("pppff"), row("ppfpfp"))
    assert (found.aligned, found.passed) == (5, (3, 3))
    assert found.intervals[0] == wilson_interval(3, 5)
    assert found.to_json()["passed"] == {"base": 3, "head": 3}
