"""Whether an evaluation is good enough: all cases pass, or of what is learned as many as a floor says."""

from fixloop.evals.protected import is_protected
from fixloop.evals.result import FAIL, UNSCORED, EvalReport, SuiteReport
from fixloop.workspace.model import Floors

NO_FLOORS = Floors()


def good_enough(report: EvalReport, floors: Floors) -> bool:
    """Whether every suite reaches its floor."""
    return all(reaches(suite, floors.of(suite.suite)) for suite in report.suites.values())


def reaches(suite: SuiteReport, floor: float) -> bool:
    """Whether enough cases pass; a protected case that fails, or one without a score, no floor makes good."""
    failed = suite.with_outcome(FAIL)
    if suite.with_outcome(UNSCORED) or any(is_protected(one.case) for one in failed):
        return False
    return len(suite.results) - len(failed) >= floor * len(suite.results)
