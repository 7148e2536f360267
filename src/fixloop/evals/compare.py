"""Two reports of the same cases, compared case by case, and what the difference can mean.

The exact test is McNemar's (Psychometrika 12, 1947) in its binomial form: each case that changed is a fair
coin under "no difference". Intervals are Wilson's (J. Am. Stat. Assoc. 22, 1927).
"""

import bisect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from fixloop.evals.result import FAIL, PASS, UNSCORED, CaseResult, EvalReport, SuiteReport

ALPHA = 0.05
"""A difference that chance would give less often than this is one."""

BETTER, NO_DIFFERENCE, WORSE = "better", "no_difference", "worse"
TOO_FEW, NOT_COMPARABLE = "too_few", "not_comparable"

_RANK = {UNSCORED: 0, FAIL: 1, PASS: 2}


class Interval(NamedTuple):
    """A confidence interval of a share."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A suite on the base and on the result, paired by case.

    `gains` and `regressions` name the aligned cases that moved up or down: unscored < fail < pass.
    `new` and `missing` name cases that only the result or only the base has; a case that now asks something
    else is both. `mde` is the smallest net share of aligned cases that could have counted as a difference,
    None where none could.
    """

    suite: str
    outcome: str
    aligned: int
    new: tuple[str, ...]
    missing: tuple[str, ...]
    gains: tuple[str, ...]
    regressions: tuple[str, ...]
    p: float
    mde: float | None

    @property
    def net(self) -> int:
        """Gains less regressions."""
        return len(self.gains) - len(self.regressions)

    def to_json(self) -> dict[str, Any]:
        """As under `suites` of `gate --json`."""
        return {
            "outcome": self.outcome,
            "aligned": self.aligned,
            "new": len(self.new),
            "missing": len(self.missing),
            "gains": list(self.gains),
            "regressions": list(self.regressions),
            "p": self.p,
            "mde": self.mde,
        }


def compare_reports(base: EvalReport, head: EvalReport) -> Mapping[str, Comparison]:
    """Every suite that either report has."""
    names = [*base.suites, *(suite for suite in head.suites if suite not in base.suites)]
    return {suite: compare_suite(_of(base, suite), _of(head, suite)) for suite in names}


def _of(report: EvalReport, suite: str) -> SuiteReport:
    return report.suites.get(suite) or SuiteReport(suite, ())


def compare_suite(base: SuiteReport, head: SuiteReport) -> Comparison:
    """One suite, paired by case id; ids come sorted, so the order of cases changes nothing."""
    # A side without a case was judged by nobody.
    comparable = base.judge == head.judge or not base.results or not head.results
    before = {result.id: result for result in base.results}
    after = {result.id: result for result in head.results}
    paired = sorted(i for i in before.keys() & after.keys() if _same_question(before[i], after[i]))
    moves = {i: _RANK[after[i].outcome] - _RANK[before[i].outcome] for i in paired}
    gains = tuple(i for i in paired if moves[i] > 0)
    regressions = tuple(i for i in paired if moves[i] < 0)
    return Comparison(
        suite=head.suite,
        outcome=_outcome(len(paired), len(gains), len(regressions)) if comparable else NOT_COMPARABLE,
        aligned=len(paired),
        new=tuple(sorted(after.keys() - set(paired))),
        missing=tuple(sorted(before.keys() - set(paired))),
        gains=gains,
        regressions=regressions,
        p=round(exact_mcnemar(len(gains), len(regressions)), 6),
        mde=smallest_detectable(len(paired), len(gains), len(regressions)),
    )


def _same_question(before: CaseResult, after: CaseResult) -> bool:
    return before.case is after.case or before.case.digest == after.case.digest


def _outcome(aligned: int, gains: int, regressions: int) -> str:
    if exact_mcnemar(gains, regressions) <= ALPHA:
        return BETTER if gains > regressions else WORSE
    return NO_DIFFERENCE if smallest_detectable(aligned, gains, regressions) is not None else TOO_FEW


# --- statistics -----------------------------------------------------------------------------------------


def exact_mcnemar(gains: int, regressions: int) -> float:
    """Two-sided p: how often chance splits the changed cases as unevenly as this, or more so."""
    changed, fewer = gains + regressions, min(gains, regressions)
    tail = term = 1
    for taken in range(fewer):
        term = term * (changed - taken) // (taken + 1)
        tail += term
    ties = 1 << changed
    return min(1.0, 2 * tail / ties)


def smallest_detectable(aligned: int, gains: int, regressions: int) -> float | None:
    """The smallest net share of aligned cases that the exact test would have called a difference.

    What moved against the trend, min(gains, regressions), is taken as noise. None: too few cases for any.
    """
    noise = min(gains, regressions)
    possible = range(noise, aligned - noise + 1)
    at = bisect.bisect_left(possible, True, key=lambda moved: exact_mcnemar(moved, noise) <= ALPHA)
    return round((possible[at] - noise) / aligned, 6) if at < len(possible) else None


def wilson_interval(hits: int, total: int, z: float = 1.959963984540054) -> Interval:
    """Wilson's score interval of a share, 95 % unless another z; (0, 1) where nothing was counted."""
    if not total:
        return Interval(0.0, 1.0)
    share, square = hits / total, z * z
    middle = (share + square / (2 * total)) / (1 + square / total)
    spread = z * math.sqrt(share * (1 - share) / total + square / (4 * total * total)) / (1 + square / total)
    low = 0.0 if not hits else max(0.0, middle - spread)
    high = 1.0 if hits == total else min(1.0, middle + spread)
    return Interval(low, high)
