"""Run the suites over a pipeline: cases in, results and metrics out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from fixloop.evals.case import SUITES, Case, CaseSet
from fixloop.evals.cores import LongLoop, Run, run_on_cores, usable_cores
from fixloop.evals.flaky import REPEATS, VARYING, repeated
from fixloop.evals.memo import Recalled, ResultMemo
from fixloop.evals.result import CaseResult, EvalReport, SuiteReport, id_of
from fixloop.evals.seam import Steps

if TYPE_CHECKING:
    from fixloop.evals.large import LargeCases

EVALUATOR = "fixloop-evals/1"
"""Changes whenever an old result could come out otherwise: then two reports are not comparable."""

_WITHOUT_INTENT = frozenset({"extraction", "fetch", "plan"})
_MODULES: Mapping[str, str] = {suite: suite for suite in SUITES} | {"known_good": "pipeline"}


def evaluate(
    pipeline: Steps,
    cases: CaseSet,
    *,
    suites: Collection[str] | None = None,
    only: Collection[str] | None = None,
    memo: ResultMemo | None = None,
) -> EvalReport:
    """Judge a pipeline by cases: all, those of some suites, or those of some ids.

    A suite is in the report when it has cases. Results stand by id, so the order of cases changes nothing.
    With `memo`, the pipeline's own, only cases without a kept result are asked; the report is the same.
    """
    chosen = [suite for suite in cases.suites if suites is None or suite in suites]
    ids = None if only is None else frozenset(only)
    reports: dict[str, SuiteReport] = {}
    executed = 0
    for suite in chosen:
        wanted = [case for case in cases.of(suite) if ids is None or case.id in ids]
        if wanted:
            asked = memo.recall(suite, wanted) if memo else Recalled([], wanted, {})
            reports[suite] = _report(pipeline, suite, asked, memo)
            executed += len(asked.missing)
    if memo:
        memo.save()
    return EvalReport(reports, executed)


def evaluate_large(pipeline: Steps, cases: "LargeCases") -> EvalReport:
    """As `evaluate`, of cases too many to be held; nothing of them is kept for another run."""
    from fixloop.evals.large import kept_results

    reports: dict[str, SuiteReport] = {}
    for suite in cases.suites:
        judge, size = _judge(pipeline, suite), cases.size(suite)
        ask: Run = partial(_ask, pipeline, suite)
        if _may_fork(pipeline, suite):
            ask = LongLoop(partial(_runner(suite), pipeline), size, usable_cores())
        reports[suite] = SuiteReport(suite, kept_results(suite, cases.chunks(suite), ask), judge)
    return EvalReport(reports, sum(map(cases.size, cases.suites)))


def _report(pipeline: Steps, suite: str, asked: Recalled, memo: ResultMemo | None) -> SuiteReport:
    # Asked first: an engine that cannot be loaded is one message, not one unscored case after another.
    judge = _judge(pipeline, suite)
    if not asked.missing:
        return SuiteReport(suite, asked.results, judge)
    found = _ask(pipeline, suite, asked.missing)
    if memo:
        memo.keep(asked, found)
    return SuiteReport(suite, tuple(sorted([*asked.results, *found], key=id_of)), judge)


def _ask(pipeline: Steps, suite: str, cases: Sequence[Case]) -> list[CaseResult]:
    """The cases' results: one run where an engine answers alike each time, else several as one."""
    run = _runner(suite)
    if _may_fork(pipeline, suite):
        return run_on_cores(partial(run, pipeline), cases)
    if _answers_alike(pipeline, suite):
        return run(pipeline, cases)
    workspace = getattr(pipeline, "workspace", None)
    return repeated(partial(run, pipeline), cases, workspace.config.gate.repeats if workspace else REPEATS)


def _answers_alike(pipeline: Steps, suite: str) -> bool:
    return suite not in VARYING or getattr(pipeline, "deterministic", True)


def _may_fork(pipeline: Steps, suite: str) -> bool:
    return _answers_alike(pipeline, suite) and getattr(pipeline, "forkable", False)


def _judge(pipeline: Steps, suite: str) -> str:
    """What a suite's results depend on beside the workspace's content and the cases."""
    return EVALUATOR if suite in _WITHOUT_INTENT else f"{EVALUATOR}, intent {pipeline.intent_version}"


def _runner(suite: str) -> Callable[[Steps, Sequence[Case]], list[CaseResult]]:
    """A suite's `run`, imported when it has cases: intent alone needs neither templates nor plans."""
    run: Callable[[Steps, Sequence[Case]], list[CaseResult]]
    run = import_module(f"fixloop.evals.suites.{_MODULES[suite]}").run
    return run
