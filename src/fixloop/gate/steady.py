"""What a result can be blamed for when an engine's answers vary: only what holds still on the base."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from fixloop.evals.case import CaseSet
from fixloop.evals.compare import compare_reports
from fixloop.evals.flaky import Counts, counts_of, wavering
from fixloop.evals.result import EvalReport
from fixloop.evals.run import evaluate
from fixloop.gate.side import Side


@dataclass(frozen=True, slots=True)
class Settled:
    """Both reports without the cases that say nothing; `aside` says why of each.

    `wavered` are those that were seen to waver on the base just now, with their counts.
    """

    before: EvalReport
    after: EvalReport
    aside: Mapping[str, str] = field(default_factory=dict)
    wavered: Mapping[str, Counts] = field(default_factory=dict)


def settle(
    base: Side, cases: CaseSet, before: EvalReport, after: EvalReport, quarantine: Mapping[str, str]
) -> Settled:
    """The two reports as they may be compared.

    A case that is worse on the result is asked of the base once more before the result is blamed for it.
    """
    if base.pipeline.deterministic:
        return Settled(before, after)
    wavered = wavering(before)
    known = {one.id for one in before} & quarantine.keys()
    doubtful = wavered.keys() | known
    steady = compare_reports(_without(before, doubtful), _without(after, doubtful))
    blamed = {name for suite in steady.values() for name in suite.regressions}
    again = evaluate(base.pipeline, CaseSet(tuple(case for case in cases if case.id in blamed)))
    wavered |= {one.id: counts for one in again if (counts := counts_of(one)) and counts.passes < counts.of}
    aside = {name: f"in quarantine until {quarantine[name]}" for name in known}
    aside |= {name: f"passes {counts} times on the base" for name, counts in wavered.items()}
    return Settled(
        _without(before, aside.keys()), _without(after, aside.keys()), dict(sorted(aside.items())), wavered
    )


def _without(report: EvalReport, names: Collection[str]) -> EvalReport:
    suites = {
        suite: replace(one, results=tuple(result for result in one.results if result.id not in names))
        for suite, one in report.suites.items()
    }
    return EvalReport(suites, report.executed)
