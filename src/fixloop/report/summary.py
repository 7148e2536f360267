"""The one sentence a report begins with, and the words that every format shares."""

from collections.abc import Iterator, Mapping
from typing import Any

from fixloop.evals.compare import Comparison
from fixloop.evals.floors import NO_FLOORS, good_enough
from fixloop.evals.result import PASS, UNSCORED, CaseResult, SuiteReport
from fixloop.gate.verdict import OVERRIDDEN, Check
from fixloop.report.dossier import Dossier
from fixloop.report.words import listed, percent
from fixloop.workspace.text import count

OUTCOMES: Mapping[str, str] = {
    "better": "better",
    "no_difference": "no difference",
    "worse": "worse",
    "too_few": "too few cases to tell",
    "not_comparable": "not comparable",
}
"""A comparison's outcome in words."""

_RATES = ("accuracy", "precision", "recall", "f1", "share", "end_to_end", "passed", "auroc")


def verdict_word(dossier: Dossier) -> str:
    """pass, fail or provisional; of a workspace, whether enough cases pass, or with a base nothing broke."""
    if dossier.verdict is None and dossier.before is not None:
        return "fail" if _broken(dossier) else "pass"
    if dossier.verdict is None:
        floors = dossier.workspace.config.floors if dossier.workspace else NO_FLOORS
        return "pass" if good_enough(dossier.report, floors) else "fail"
    if not dossier.verdict.passed:
        return "fail"
    return "provisional" if dossier.verdict.provisional else "pass"


def verdict_sentence(dossier: Dossier) -> str:
    """The answer in one sentence, with what decides it."""
    verdict = dossier.verdict
    if verdict is None:
        return _of_pairs(dossier) if dossier.before is not None else _of_cases(dossier)
    if not verdict.passed:
        failed = verdict.failures
        first = f"{failed[0].id} says: " if len(failed) > 1 else ""
        by = listed([check.id for check in failed], 3)
        return f"Refused by {by}{'; ' if first else ': '}{first}{failed[0].detail or 'no detail'}."
    overridden = [check.id for check in verdict.checks if check.status == OVERRIDDEN]
    by_hand = f", {listed(overridden)} overridden by a person" if overridden else ""
    but = "; provisional, since no held-out set was asked" if verdict.provisional else ""
    return f"This tree may be merged: no check refuses it{by_hand}{but}."


def _broken(dossier: Dossier) -> list[str]:
    """What speaks against a workspace beside its base: cases that got worse, new ones that do not pass."""
    wrong = {result.id for result in dossier.report if result.outcome != PASS}
    moved = {case for one in dossier.suites.values() for case in (*one.regressions, *one.new)}
    unlike = [name for name, one in dossier.suites.items() if one.outcome == "not_comparable"]
    return sorted(wrong & moved) + unlike


def _of_pairs(dossier: Dossier) -> str:
    suites = dossier.suites.values()
    gains, lost = sum(len(one.gains) for one in suites), sum(len(one.regressions) for one in suites)
    aligned = sum(one.aligned for one in suites)
    broken = _broken(dossier)
    told = f"{count(len(broken), 'case')} broke: {listed(broken, 3)}" if broken else "Nothing broke"
    return f"{told}; {gains} better, {lost} worse of {count(aligned, 'case')} that both sides have."


def _of_cases(dossier: Dossier) -> str:
    results = list(dossier.report)
    if not results:
        return "There is no case to judge this workspace by."
    passed = sum(result.outcome == PASS for result in results)
    weak = [name for name, suite in dossier.report.suites.items() if wrong_results(suite)]
    where = f"; others fail in {listed(weak)}" if weak else ""
    share = percent(passed / len(results))
    suites = count(len(dossier.report.suites), "suite")
    return f"{passed:,} of {count(len(results), 'case')} in {suites} pass ({share}){where}."


WARNS = "warns"


def status_of(check: Check) -> str:
    """A check's status; a pass that has something to say is told apart."""
    return WARNS if check.warns else check.status


def moved_sentence(dossier: Dossier) -> str:
    """What stored tickets do, in one sentence; empty where nothing is compared."""
    shift = dossier.shift
    if shift is None or dossier.verdict is None:
        return ""
    if not shift.tickets:
        return "No stored ticket could be replayed, so drift was not seen."
    declared = len(dossier.declared)
    other = len(shift.moves) - declared
    return (
        f"{len(shift.moves)} of {count(shift.tickets, 'stored ticket')} get another proposal: "
        f"{declared} declared, {other} not."
    )


def wrong_results(suite: SuiteReport) -> list[CaseResult]:
    """The cases that fail or could not be scored."""
    return [result for result in suite.results if result.outcome != PASS]


def outcome_word(result: CaseResult) -> str:
    """pass, fail, or unscored: a crash is no wrong answer."""
    return "unscored" if result.outcome == UNSCORED else result.outcome


def p_word(one: Comparison) -> str:
    """The adjusted p value, or a dash where nothing changed."""
    return f"{one.p_holm:.3g}" if one.gains or one.regressions else "–"


def passing(one: Comparison, side: int) -> str:
    """`88.1 (82–92)`: the share that passes in percent, and its 95 % interval."""
    if not one.aligned:
        return "–"
    low, high = one.intervals[side]
    return f"{percent(one.passed[side] / one.aligned).removesuffix(' %')} ({100 * low:.0f}–{100 * high:.0f})"


def flat_metrics(metrics: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, float | None]]:
    """Every single number with its name, nested ones as `raw · accuracy`; tables and lists are left out."""
    for key, value in metrics.items():
        label = f"{above} · {spaced(key)}" if above else spaced(key)
        if isinstance(value, Mapping):
            if not is_table(value):
                yield from flat_metrics(value, label)
        elif value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            yield label, value


def is_table(value: Any) -> bool:
    """Whether a metric is one mapping a class, field or leaf, and so a table."""
    return (
        isinstance(value, Mapping) and bool(value) and all(isinstance(row, Mapping) for row in value.values())
    )


def spaced(name: str) -> str:
    """A key as words."""
    return name.replace("_", " ")


def number_word(label: str, value: float | None) -> str:
    """A metric as a person reads it: shares in percent, counts whole, the rest in four digits."""
    if value is None:
        return "–"
    last = label.rsplit("· ", 1)[-1].replace(" ", "_")
    if isinstance(value, float) and 0 <= value <= 1 and (last.endswith(_RATES) or last.startswith("right_")):
        return percent(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
