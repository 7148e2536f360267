"""Which regressions block: protected cases one by one, intent by its balance."""

from typing import Any

import pytest

from fixloop.evals.case import Case
from fixloop.evals.compare import Comparison, compare_suite
from fixloop.evals.protected import blocks
from fixloop.evals.result import FAIL, PASS, CaseResult, SuiteReport


def world(
    suite: str, before: str, after: str, leaf: str = "account_locked", **spec: Any
) -> tuple[Comparison, dict[str, Case]]:
    """Cases of one leaf, `p` or `f` each, before and after."""
    cases = [Case(suite, f"{leaf}-{n}", {"expect": leaf, **spec}) for n in range(len(before))]
    base, head = (
        SuiteReport(
            suite,
            tuple(
                CaseResult(case, PASS if one == "p" else FAIL) for case, one in zip(cases, side, strict=True)
            ),
        )
        for side in (before, after)
    )
    return compare_suite(base, head), {case.id: case for case in cases}


def rules(*worlds: tuple[Comparison, dict[str, Case]], flips: float = 0.005) -> list[tuple[str, str, int]]:
    comparisons = {comparison.suite: comparison for comparison, _ in worlds}
    cases = {key: case for _, found in worlds for key, case in found.items()}
    return [(block.suite, block.rule, len(block.cases)) for block in blocks(comparisons, cases, flips)]


@pytest.mark.parametrize("suite", ["extraction", "fetch", "plan", "pipeline", "known_good"])
def test_one_regression_in_a_protected_suite_blocks_whatever_was_gained(suite: str) -> None:
    assert rules(world(suite, "pfffff", "fppppp")) == [(suite, "protected", 1)]


def test_a_regression_in_fallback_does_not_block_by_itself_unless_its_case_is_protected() -> None:
    assert rules(world("fallback", "pp", "fp")) == []
    assert rules(world("fallback", "pp", "fp", protect=True)) == [("fallback", "protected", 1)]


def test_gains_block_nothing() -> None:
    assert rules(world("plan", "fff", "ppp"), world("intent", "ff", "pp")) == []


def test_intent_blocks_on_a_negative_balance() -> None:
    assert rules(world("intent", "p" * 10 + "f", "p" * 9 + "fp"), flips=1.0) == []
    assert rules(world("intent", "p" * 10 + "f", "p" * 8 + "ffp"), flips=1.0) == [("intent", "net", 2)]


def test_intent_blocks_on_too_many_flips_even_where_the_balance_is_good() -> None:
    before, after = "p" * 1000 + "f" * 50, "p" * 994 + "f" * 6 + "p" * 50
    assert rules(world("intent", before, after), flips=0.005) == [("intent", "flips", 6)]
    assert rules(world("intent", before, after), flips=0.006) == []


def test_a_protected_intent_case_blocks_alone() -> None:
    assert rules(world("intent", "pff", "fpp", protect=True), flips=1.0) == [("intent", "protected", 1)]


@pytest.mark.parametrize(("size", "blocked"), [(20, [("intent", "leaf", 2)]), (19, [])])
def test_a_leaf_of_twenty_cases_may_lose_one_net_and_no_more(size: int, blocked: list[object]) -> None:
    loser = world("intent", "p" * size, "ff" + "p" * (size - 2))
    winner = world("intent", "f" * 5, "p" * 5, leaf="login_problem")
    results = compare_suite(*(_both(loser, winner, side) for side in ("before", "after")))
    assert rules((results, {**loser[1], **winner[1]}), flips=1.0) == blocked


def _both(
    loser: tuple[Comparison, dict[str, Case]], winner: tuple[Comparison, dict[str, Case]], side: str
) -> SuiteReport:
    lost, gained = set(loser[0].regressions), set(winner[0].gains)
    failing = gained if side == "before" else lost
    cases = [*loser[1].values(), *winner[1].values()]
    return SuiteReport(
        "intent", tuple(CaseResult(case, FAIL if case.id in failing else PASS) for case in cases)
    )
