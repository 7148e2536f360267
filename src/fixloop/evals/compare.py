"""Two reports of the same cases, compared case by case, and what the difference can mean.

The exact test is McNemar's (Psychometrika 12, 1947) in its binomial form: each case that changed is a fair
coin under "no difference". Intervals are Wilson's (J. Am. Stat. Assoc. 22, 1927). Several suites are as many
chances to be misled: their p values are adjusted by Holm (Scand. J. Stat. 6, 1979).
"""

import bisect
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter, is_, lt
from typing import Any, NamedTuple

from fixloop.evals.result import FAIL, PASS, UNSCORED, CaseResult, EvalReport, SuiteReport, id_of

ALPHA = 0.05
"""A difference that chance would give less often than this is one."""

BETTER, NO_DIFFERENCE, WORSE = "better", "no_difference", "worse"
TOO_FEW, NOT_COMPARABLE = "too_few", "not_comparable"

_SIDES = ("base", "head")
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
    else is both. `p_holm` is `p` adjusted for the suites compared beside it, and decides the outcome.
    `mde` is the smallest net share of aligned cases that could have counted as a difference, were no other
    suite's p smaller; None where none could. `passed` counts the aligned cases that pass on base and result.
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
    p_holm: float = 1.0
    passed: tuple[int, int] = (0, 0)

    @property
    def intervals(self) -> tuple[Interval, Interval]:
        """95 % intervals of the shares that pass, on the base and on the result."""
        base, head = (wilson_interval(hits, self.aligned) for hits in self.passed)
        return base, head

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
            "p_holm": self.p_holm,
            "mde": self.mde,
            "passed": dict(zip(_SIDES, self.passed, strict=True)),
            "intervals": {
                side: [round(bound, 6) for bound in interval]
                for side, interval in zip(_SIDES, self.intervals, strict=True)
            },
        }


def compare_reports(base: EvalReport, head: EvalReport) -> Mapping[str, Comparison]:
    """Every suite that either report has, each judged in the light of how many there are."""
    names = [*base.suites, *(suite for suite in head.suites if suite not in base.suites)]
    paired = {suite: _pair(_of(base, suite), _of(head, suite)) for suite in names}
    tested = [suite for suite, one in paired.items() if one.aligned]
    adjusted = dict(zip(tested, holm([paired[suite].p for suite in tested]), strict=True))
    return {
        suite: _compared(suite, one, adjusted.get(suite, 1.0), len(tested)) for suite, one in paired.items()
    }


def _of(report: EvalReport, suite: str) -> SuiteReport:
    return report.suites.get(suite) or SuiteReport(suite, ())


def compare_suite(base: SuiteReport, head: SuiteReport) -> Comparison:
    """One suite alone, paired by case id; ids come sorted, so the order of cases changes nothing."""
    paired = _pair(base, head)
    return _compared(head.suite, paired, paired.p, 1)


def with_gains(comparison: Comparison, ids: Sequence[str]) -> Comparison:
    """The comparison with more cases that failed on the base and pass on the result; the rest as it was."""
    gains = (*comparison.gains, *ids)
    p = exact_mcnemar(len(gains), len(comparison.regressions))
    worse = comparison.outcome == WORSE and not (p <= ALPHA and len(gains) < len(comparison.regressions))
    return replace(comparison, gains=gains, outcome=NO_DIFFERENCE if worse else comparison.outcome)


class _Paired(NamedTuple):
    """One suite's cases on both sides, by id: how many are aligned, and which are not."""

    aligned: int
    new: tuple[str, ...]
    missing: tuple[str, ...]
    gains: tuple[str, ...]
    regressions: tuple[str, ...]
    passed: tuple[int, int]
    comparable: bool

    @property
    def p(self) -> float:
        return exact_mcnemar(len(self.gains), len(self.regressions))


def _pair(base: SuiteReport, head: SuiteReport) -> _Paired:
    # A side without a case was judged by nobody.
    comparable = base.judge == head.judge or not base.results or not head.results
    if _stand_alike(base, head):
        both = list(zip(base.results, head.results, strict=True))
        return _paired(both, (), (), comparable)
    before = {result.id: result for result in base.results}
    after = {result.id: result for result in head.results}
    ids = sorted(i for i in before.keys() & after.keys() if _same_question(before[i], after[i]))
    new, missing = (tuple(sorted(side.keys() - set(ids))) for side in (after, before))
    return _paired([(before[i], after[i]) for i in ids], new, missing, comparable)


def _stand_alike(base: SuiteReport, head: SuiteReport) -> bool:
    """Whether both sides have the very same cases, by id, as in a gate, which asks the base's of both."""
    if len(base.results) != len(head.results):
        return False
    shared = base.results is head.results
    if not shared and not all(map(is_, map(_case, base.results), map(_case, head.results))):
        return False
    ids = list(map(id_of, base.results))
    return all(map(lt, ids, ids[1:]))


_case, _outcome_of = attrgetter("case"), attrgetter("outcome")


def _paired(
    both: Sequence[tuple[CaseResult, CaseResult]],
    new: tuple[str, ...],
    missing: tuple[str, ...],
    comparable: bool,
) -> _Paired:
    """Aligned results, by id, and what has moved between them; one result on both sides has not."""
    moves = [
        (before, _RANK[after.outcome] - _RANK[before.outcome])
        for before, after in both
        if before is not after
    ]
    return _Paired(
        len(both),
        new,
        missing,
        tuple(result.id for result, move in moves if move > 0),
        tuple(result.id for result, move in moves if move < 0),
        (_passing(before for before, _ in both), _passing(after for _, after in both)),
        comparable,
    )


def _passing(results: Iterable[CaseResult]) -> int:
    return list(map(_outcome_of, results)).count(PASS)


def _compared(suite: str, one: _Paired, p_holm: float, tests: int) -> Comparison:
    mde = smallest_detectable(one.aligned, len(one.gains), len(one.regressions), ALPHA / max(1, tests))
    return Comparison(
        suite=suite,
        outcome=_outcome(one, p_holm, mde) if one.comparable else NOT_COMPARABLE,
        aligned=one.aligned,
        new=one.new,
        missing=one.missing,
        gains=one.gains,
        regressions=one.regressions,
        p=round(one.p, 6),
        mde=mde,
        p_holm=round(p_holm, 6),
        passed=one.passed,
    )


def _same_question(before: CaseResult, after: CaseResult) -> bool:
    return before.case is after.case or before.case.digest == after.case.digest


def _outcome(one: _Paired, p_holm: float, mde: float | None) -> str:
    if p_holm <= ALPHA:
        return BETTER if len(one.gains) > len(one.regressions) else WORSE
    return NO_DIFFERENCE if mde is not None else TOO_FEW


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


def holm(values: Sequence[float]) -> list[float]:
    """P values adjusted so that the chance of any false alarm among them stays below alpha (Holm, 1979)."""
    adjusted, most = [0.0] * len(values), 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=lambda n: values[n])):
        most = adjusted[place] = min(1.0, max(most, (len(values) - rank) * values[place]))
    return adjusted


def smallest_detectable(aligned: int, gains: int, regressions: int, alpha: float = ALPHA) -> float | None:
    """The smallest net share of aligned cases that the exact test would have called a difference.

    What moved against the trend, min(gains, regressions), is taken as noise. None: too few cases for any.
    """
    noise = min(gains, regressions)
    possible = range(noise, aligned - noise + 1)
    at = bisect.bisect_left(possible, True, key=lambda moved: exact_mcnemar(moved, noise) <= alpha)
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
