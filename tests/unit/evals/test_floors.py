"""Which evaluation is good enough."""

import pytest

from fixloop.evals.case import Case
from fixloop.evals.floors import NO_FLOORS, good_enough
from fixloop.evals.result import FAIL, UNSCORED, CaseResult
from fixloop.workspace.model import Floors
from tests.support.reports import intent_result, plan_result, report_of

HALF = Floors(intent=0.5)
RIGHT = intent_result("i-1", "a", "fees", "fees")
WRONG = intent_result("i-2", "b", "fees", "cards")


def protected(result: CaseResult) -> CaseResult:
    case = result.case
    spec = {**case.spec, "protect": True}
    return result._replace(case=Case(case.suite, case.id, spec, case.path, case.line, case.column))


@pytest.mark.parametrize(
    ("results", "floors", "good"),
    [
        ([RIGHT], NO_FLOORS, True),
        ([RIGHT, WRONG], NO_FLOORS, False),
        ([RIGHT, WRONG], HALF, True),
        ([RIGHT, WRONG], Floors(intent=0.51), False),
        ([RIGHT, protected(WRONG)], HALF, False),
        ([RIGHT, RIGHT, WRONG._replace(outcome=UNSCORED)], HALF, False),
        ([WRONG], Floors(fallback=0.0), False),
    ],
)
def test_a_floor_allows_what_fails_above_it_and_no_more(
    results: list[CaseResult], floors: Floors, good: bool
) -> None:
    assert good_enough(report_of(intent=results), floors) is good


def test_what_is_not_learned_has_no_floor() -> None:
    assert not good_enough(report_of(plan=[plan_result("p-1", FAIL)]), Floors(0.0, 0.0))
