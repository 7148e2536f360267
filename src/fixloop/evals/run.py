"""Run the suites over a pipeline: cases in, results and metrics out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from importlib import import_module

from fixloop.evals.case import SUITES, Case, CaseSet
from fixloop.evals.metrics import metrics_of
from fixloop.evals.result import CaseResult, EvalReport, SuiteReport
from fixloop.evals.seam import Steps

EVALUATOR = "fixloop-evals/1"
"""Changes whenever an old result could come out otherwise: then two reports are not comparable."""

_MODULES: Mapping[str, str] = {suite: suite for suite in SUITES} | {"known_good": "pipeline"}


def evaluate(
    pipeline: Steps,
    cases: CaseSet,
    *,
    suites: Collection[str] | None = None,
    only: Collection[str] | None = None,
) -> EvalReport:
    """Judge a pipeline by cases: all, those of some suites, or those of some ids.

    A suite is in the report when it has cases. Results stand by id, so the order of cases changes nothing.
    """
    chosen = [suite for suite in cases.suites if suites is None or suite in suites]
    ids = None if only is None else frozenset(only)
    reports: dict[str, SuiteReport] = {}
    for suite in chosen:
        wanted = [case for case in cases.of(suite) if ids is None or case.id in ids]
        if wanted:
            reports[suite] = _report(suite, _runner(suite)(pipeline, wanted))
    return EvalReport(reports, EVALUATOR)


def _report(suite: str, results: Sequence[CaseResult]) -> SuiteReport:
    by_id = tuple(sorted(results, key=lambda result: result.case.id))
    return SuiteReport(suite, by_id, metrics_of(suite, by_id))


def _runner(suite: str) -> Callable[[Steps, Sequence[Case]], list[CaseResult]]:
    """A suite's `run`, imported when it has cases: intent alone needs neither templates nor plans."""
    run: Callable[[Steps, Sequence[Case]], list[CaseResult]]
    run = import_module(f"fixloop.evals.suites.{_MODULES[suite]}").run
    return run
