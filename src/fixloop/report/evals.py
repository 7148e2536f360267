"""An evaluation: a line a suite, what failed, and where a base was named what moved."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fixloop.evals.compare import Comparison
from fixloop.evals.floors import NO_FLOORS, reaches
from fixloop.evals.result import FAIL, UNSCORED, CaseResult, EvalReport, SuiteReport
from fixloop.report.cases import came_out, expected
from fixloop.report.page import Line, Page, Part, bad, dim, good, name, strong, warn
from fixloop.report.words import listed, percent
from fixloop.workspace.model import Floors
from fixloop.workspace.text import shown

if TYPE_CHECKING:
    from fixloop.evals.coverage import Coverage

_SHOWN = 10
_TOLD = 300

_OUTCOMES: Mapping[str, Part] = {
    "better": good("better"),
    "no_difference": "no difference",
    "worse": bad("worse"),
    "too_few": warn("too few cases to tell"),
    "not_comparable": bad("not comparable"),
}


def draw_report(
    page: Page, report: EvalReport, only: Collection[str] | None = None, floors: Floors = NO_FLOORS
) -> None:
    """Every suite in a line, then the first failures (or those of some cases) with what came out instead."""
    if not report.suites:
        page.line("no cases: write some to evals/<suite>/*.yaml or *.jsonl")
        return
    rows = [_suite_row(one, floors.of(one.suite)) for one in report.suites.values()]
    page.table(rows, indent=0, right=(1, 2))
    wrong = [
        [one for one in suite.results if one.outcome in (FAIL, UNSCORED) and (only is None or one.id in only)]
        for suite in report.suites.values()
    ]
    for result in _first_of_each(wrong):
        _draw_failure(page, result)
    failures = sum(map(len, wrong))
    if failures > _SHOWN:
        page.blank()
        page.line(dim(f"{_SHOWN} of {failures} failures shown; --json has all of them"))


def draw_coverage(page: Page, coverage: "Coverage") -> None:
    """How many leaves and branches the cases reach, and where the others stand."""
    leaves, branches = len(coverage.cases), len(coverage.branches)
    bare, missed, unsure = coverage.bare_leaves, coverage.uncovered, coverage.only_failing
    page.blank()
    page.line(
        strong("coverage "),
        f"{leaves - len(bare)} of {leaves} leaves and ",
        f"{branches - len(missed)} of {branches} branches have cases",
    )
    if bare:
        page.line("leaves without a case: ", listed(bare, _SHOWN), indent=2, hang=4)
    for label, found in (("no case reaches", missed), ("only failing cases reach", unsure)):
        for one in found[:_SHOWN]:
            page.line(
                f"{label} ", name(f"{one.leaf}/{one.branch}"), " ", dim(str(one.place)), indent=2, hang=4
            )
        if len(found) > _SHOWN:
            page.line(dim(f"and {len(found) - _SHOWN} more; --json has all of them"), indent=2)


def draw_comparisons(page: Page, base: str, comparisons: Mapping[str, Comparison]) -> None:
    """What moved against a base, suite by suite."""
    page.blank()
    page.line(strong(f"against {base}"))
    if not comparisons:
        page.line("no cases on either side", indent=2)
        return
    page.table(comparison_rows(comparisons), indent=0)
    for one in comparisons.values():
        _draw_moves(page, one)


# --- a suite --------------------------------------------------------------------------------------------


def _suite_row(suite: SuiteReport, floor: float = 1.0) -> Line:
    passed = sum(result.outcome not in (FAIL, UNSCORED) for result in suite.results)
    total = len(suite.results)
    share = f"{passed}/{total}"
    unscored = len(suite.with_outcome(UNSCORED))
    high_enough = reaches(suite, floor)
    low = [] if floor == 1 else [f"{'floor' if high_enough else 'below its floor of'} {percent(floor)}"]
    lost = [f"{unscored} unscored"] if unscored else []
    told = "; ".join([*low, *_metrics(suite.suite, suite.metrics), *lost])
    mark = good(share) if high_enough else bad(share)
    return (strong(suite.suite), mark, percent(passed / total) if total else "-", told)


def _metrics(suite: str, metrics: Mapping[str, Any]) -> Iterator[str]:
    if not metrics:
        return
    if suite == "intent":
        yield f"in scope {percent(metrics['in_scope_accuracy'])}"
        yield f"macro F1 {metrics['macro_f1']:.3f}"
        other = metrics["other"]
        if other["support"]:
            yield f"other: recall {percent(other['recall'])}, precision {percent(other['precision'])}"
        yield f"{percent(metrics['raw']['in_scope_accuracy'])} before thresholds"
        if metrics["calibration"]:
            yield f"calibration error {metrics['calibration']['error']:.3f}"
    elif suite == "extraction":
        yield f"precision {percent(metrics['precision'])}, recall {percent(metrics['recall'])}"
        if metrics["false_positives"] or metrics["false_negatives"]:
            yield f"{metrics['false_positives']} values too many, {metrics['false_negatives']} missed"
    elif suite == "fetch":
        narrowest = metrics["narrowest"]
        yield f"mean top score {metrics['mean_top_score']:.2f}, mean margin {metrics['mean_margin']:.2f}"
        yield f"narrowest {narrowest['margin']:g}, {narrowest['over_threshold']:g} over the threshold"
    elif suite == "plan":
        parts = {key.removeprefix("right_"): share for key, share in metrics.items() if key != "passed"}
        yield ", ".join(f"{part} {percent(share)}" for part, share in parts.items())
    else:
        wrong = {step: number for step, number in metrics["first_wrong_step"].items() if number}
        if wrong:
            yield "first wrong step: " + ", ".join(f"{step} {number}" for step, number in wrong.items())


def _first_of_each(wrong: Sequence[Sequence[CaseResult]]) -> Iterator[CaseResult]:
    """The first few failures, taken from every suite in turn, so that a weak one does not hide the others."""
    turns = sorted((rank, suite) for suite, results in enumerate(wrong) for rank in range(len(results)))
    for suite, rank in sorted((suite, rank) for rank, suite in turns[:_SHOWN]):
        yield wrong[suite][rank]


# --- a failure ------------------------------------------------------------------------------------------


def _draw_failure(page: Page, result: CaseResult) -> None:
    page.blank()
    mark = warn("unscored") if result.outcome == UNSCORED else bad("fail")
    step = f" at {result.step}" if result.step and result.step != result.case.suite else ""
    page.line(mark, f" {result.case.suite}{step} ", name(result.id), " ", dim(str(result.case.place)), hang=4)
    said = _said(result)
    if said:
        page.fact("ticket", shown(said, _TOLD), column=9)
    if result.outcome == UNSCORED:
        page.fact("error", result.error, column=9)
        return
    page.fact("expected", expected(result.expected), column=9)
    page.fact("got", came_out(result.got, result.step), column=9)


def _said(result: CaseResult) -> str:
    spec = result.case.spec
    ticket = spec.get("ticket")
    said = ticket.get("text") if isinstance(ticket, Mapping) else spec.get("text")
    return said if isinstance(said, str) else ""


# --- a comparison ---------------------------------------------------------------------------------------


def comparison_rows(comparisons: Mapping[str, Comparison]) -> list[Line]:
    """A row a suite: its outcome, and what moved."""
    return [_comparison_row(one) for one in comparisons.values()]


def _comparison_row(one: Comparison) -> Line:
    moved: list[str] = [f"{len(one.gains)} better, {len(one.regressions)} worse of {one.aligned}"]
    moved += [f"{len(one.new)} new"] if one.new else []
    moved += [f"{len(one.missing)} missing"] if one.missing else []
    moved += [_chance(one)] if one.gains or one.regressions else []
    moved += [f"smallest visible {percent(one.mde)}"] if one.mde is not None and _is_even(one) else []
    return (strong(one.suite), _OUTCOMES.get(one.outcome, one.outcome), "; ".join(moved))


def _chance(one: Comparison) -> str:
    """The exact test's p, and what is left of it among several suites."""
    among = f" ({one.p_holm:.3g} among the suites)" if one.p_holm != one.p else ""
    return f"p = {one.p:.3g}{among}"


def _is_even(one: Comparison) -> bool:
    return one.outcome == "no_difference"


def _draw_moves(page: Page, one: Comparison) -> None:
    for label, ids, mark in (("worse", one.regressions, bad), ("better", one.gains, good)):
        if ids:
            page.line(mark(f"{one.suite} {label}: "), listed(ids, _SHOWN), indent=2, hang=4)
