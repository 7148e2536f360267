"""`eval`: every suite on the work tree or a ref, and the paired comparison with a base."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fixloop.commands.shelf import Shelf
from fixloop.errors import BadInput
from fixloop.evals.case import SUITES
from fixloop.evals.floors import NO_FLOORS, good_enough
from fixloop.evals.result import PASS, EvalReport
from fixloop.workspace.model import Floors
from fixloop.workspace.snapshot import Snapshot

if TYPE_CHECKING:
    from fixloop.evals.compare import Comparison
    from fixloop.evals.coverage import Coverage


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A report, and where a base was named the comparison with it, suite by suite.

    `fresh_failures` are the cases that are wrong now and were not on the base: regressions, and new cases.
    `coverage` is of the plan trees, None where suites were left out; `before` is the base's report; `floors`
    are those of the evaluated workspace.
    """

    ref: str | None
    report: EvalReport
    coverage: "Coverage | None" = None
    base: str | None = None
    against: "Mapping[str, Comparison] | None" = None
    fresh_failures: tuple[str, ...] = ()
    before: EvalReport | None = None
    floors: Floors = NO_FLOORS

    @property
    def good(self) -> bool:
        """Without a base: every suite reaches its floor. With one: nothing fails anew, all is comparable."""
        if self.against is None:
            return good_enough(self.report, self.floors)
        return not self.fresh_failures and all(
            one.outcome != "not_comparable" for one in self.against.values()
        )

    def to_json(self) -> dict[str, Any]:
        """`eval --json`."""
        document: dict[str, Any] = {"ref": self.ref, "suites": self.report.to_json()}
        low = {suite: self.floors.of(suite) for suite in self.report.suites if self.floors.of(suite) < 1}
        if low:
            document["floors"] = low
        if self.coverage is not None:
            document["coverage"] = self.coverage.to_json()
        if self.against is not None:
            document["base"] = self.base
            document["against"] = {suite: one.to_json() for suite, one in self.against.items()}
        return document


def evaluate_workspace(
    shelf: Shelf, ref: str | None = None, against: str | None = None, suites: Collection[str] = ()
) -> Evaluated:
    """Judge the work tree (or a ref) by its cases; with `against`, that base by its own, paired by case.

    Raises:
        BadInput: a suite, a case or the workspace is wrong.
    """
    _must_be_suites(suites)
    report, coverage, floors = _judged(shelf, shelf.snapshot(ref), suites)
    if against is None:
        return Evaluated(ref, report, coverage, floors=floors)
    from fixloop.evals.compare import compare_reports

    shelf.progress(f"evaluating {against}")
    base, _, _ = _judged(shelf, shelf.tree(against), suites)
    comparison = compare_reports(base, report)
    fresh = _fresh_failures(report, comparison)
    return Evaluated(ref, report, coverage, against, comparison, fresh, base, floors)


def _judged(
    shelf: Shelf, snapshot: Snapshot, suites: Collection[str]
) -> "tuple[EvalReport, Coverage | None, Floors]":
    from fixloop.evals.cases import load_cases
    from fixloop.evals.coverage import measure_coverage
    from fixloop.evals.large import LargeCases, is_large
    from fixloop.evals.memo import ResultMemo
    from fixloop.evals.run import evaluate, evaluate_large
    from fixloop.pipeline.compile import compile_pipeline
    from fixloop.pipeline.memo import Memo
    from fixloop.workspace.stored import load_stored

    large = is_large(snapshot, suites or None)
    cases = (
        LargeCases(snapshot, suites or None) if large else load_cases(snapshot, suites or None, shelf.cache)
    )
    workspace = load_stored(snapshot, shelf.cache)
    pipeline = compile_pipeline(workspace, shelf.cache)
    if isinstance(cases, LargeCases):
        report = evaluate_large(pipeline, cases)
    else:
        report = evaluate(pipeline, cases, memo=ResultMemo(Memo(shelf.cache), pipeline))
    asked = report.suites and not suites
    coverage = measure_coverage(workspace, snapshot, report) if asked else None
    return report, coverage, workspace.config.floors


def _fresh_failures(report: EvalReport, comparison: "Mapping[str, Comparison]") -> tuple[str, ...]:
    wrong = {result.id for result in report if result.outcome != PASS}
    moved = {i for one in comparison.values() for i in (*one.regressions, *one.new)}
    return tuple(sorted(wrong & moved))


def _must_be_suites(suites: Collection[str]) -> None:
    unknown = next((suite for suite in suites if suite not in SUITES), None)
    if unknown is not None:
        raise BadInput(f"there is no suite {unknown!r}", mend=f"one of: {', '.join(SUITES)}")
