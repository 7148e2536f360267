"""What the template draws: rows and sentences made of the dossier, so that it only lays them out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from fixloop.evals.compare import Comparison
from fixloop.evals.result import PASS, CaseResult, EvalReport, SuiteReport
from fixloop.feedback.model import Feedback
from fixloop.gate.verdict import FAIL, OVERRIDDEN, SKIP, Check
from fixloop.mutants.report import GuardReport
from fixloop.pipeline.ticket import parse_ticket
from fixloop.report.cases import asked_of, came_out, expected
from fixloop.report.dossier import HELD_OUT, Dossier, told_evidence
from fixloop.report.html.charts import draw_intervals, draw_share
from fixloop.report.summary import (
    OUTCOMES,
    WARNS,
    flat_metrics,
    is_table,
    number_word,
    outcome_word,
    p_word,
    passing,
    spaced,
    status_of,
    wrong_results,
)
from fixloop.report.svg import Drawn
from fixloop.report.words import percent
from fixloop.workspace.text import shown

MOST_LINES = 400
"""Lines of one file's diff on the page."""
MOST_CASES = 50
MOST_IDS = 200
MOST_LETTERS = 240
LONG_TABLE = 12


class Line(NamedTuple):
    """One line of a diff; the sign stands in the text itself."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file of the change: `lines` is empty where fixloop does not read it."""

    path: str
    added: int
    removed: int
    lines: tuple[Line, ...]
    left_out: int

    @property
    def is_case(self) -> bool:
        """Whether it holds cases."""
        return self.path.startswith("evals/")


class CheckRow(NamedTuple):
    """A check with its mark; `evidence` is what may be told."""

    id: str
    status: str
    detail: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SuiteRow:
    """One suite: compared with a base, or alone (then the outcome is a share)."""

    name: str
    outcome: str
    state: str
    facts: tuple[tuple[str, str], ...]
    drawing: Drawn
    worse: tuple["CaseRow", ...]
    better: tuple[str, ...]


class CaseRow(NamedTuple):
    """A case that is wrong: what it asked, wanted and got, and how it came out before."""

    id: str
    outcome: str
    step: str
    asked: str
    wanted: str
    got: str
    place: str
    before: str


class MetricRow(NamedTuple):
    """One number, on the base where there is one."""

    name: str
    base: str
    head: str
    change: str


@dataclass(frozen=True, slots=True)
class MetricTable:
    """Rows of one mapping a class, field or bin."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class SuiteMetrics:
    """The numbers of one suite, then its tables."""

    name: str
    numbers: tuple[MetricRow, ...]
    tables: tuple[MetricTable, ...]
    wrong: tuple[CaseRow, ...]
    wrong_left_out: int

    @property
    def main(self) -> tuple[MetricRow, ...]:
        """The numbers to read first: all where they are few, else those that stand at the top."""
        few = len(self.numbers) <= LONG_TABLE
        return tuple(row for row in self.numbers if few or " · " not in row.name)

    @property
    def more(self) -> tuple[MetricRow, ...]:
        """The others."""
        return tuple(row for row in self.numbers if row not in self.main)


class Quote(NamedTuple):
    """A piece of evidence: what the customer wrote and staff said of the answer."""

    id: str
    said: str
    text: str
    comment: str


# --- the change -----------------------------------------------------------------------------------------


def file_changes(dossier: Dossier) -> tuple[FileChange, ...]:
    """Edits first, new case files behind them."""
    order = sorted(dossier.diffs, key=lambda path: (path.startswith("evals/"), path))
    return tuple(_file_change(path, dossier.diffs[path]) for path in order)


def _file_change(path: str, diff: str) -> FileChange:
    # The two lines that name the file; below them a line that begins with --- is content.
    body = [_line(text) for text in diff.rstrip("\n").split("\n")[2:]]
    added, removed = (sum(line.kind == kind for line in body) for kind in ("add", "del"))
    return FileChange(path, added, removed, tuple(body[:MOST_LINES]), max(0, len(body) - MOST_LINES))


def _line(text: str) -> Line:
    kind = {"+": "add", "-": "del", "@": "hunk"}.get(text[:1], "same")
    return Line(kind, text.expandtabs(4))


def quotes(evidence: Sequence[Feedback]) -> tuple[Quote, ...]:
    """What staff said, with the redacted words of the customer."""
    return tuple(
        Quote(
            one.id,
            " · ".join(part for part in (one.outcome, one.reason, one.reviewer, one.at[:10]) if part),
            parse_ticket(dict(one.ticket)).customer_text,
            one.comment,
        )
        for one in evidence
    )


def check_rows(checks: Sequence[Check]) -> tuple[CheckRow, ...]:
    """Those that refuse first, then what a person overrode, then warnings, then the rest in their order."""
    rank = {FAIL: 0, OVERRIDDEN: 1, WARNS: 2, SKIP: 4}
    rows = [CheckRow(one.id, status_of(one), one.detail, told_evidence(one)) for one in checks]
    return tuple(sorted(rows, key=lambda row: rank.get(row.status, 3)))


# --- suites ---------------------------------------------------------------------------------------------


def suite_rows(dossier: Dossier) -> tuple[SuiteRow, ...]:
    """A row a suite, compared where there is a base; held-out cases are named nowhere."""
    if dossier.verdict is None and not dossier.suites:
        return tuple(_alone(one) for name, one in dossier.report.suites.items() if name != HELD_OUT)
    before = _results(dossier.before)
    after = _results(dossier.report)
    return tuple(_compared(one, before, after) for name, one in dossier.suites.items() if name != HELD_OUT)


_STATES: Mapping[str, str] = {"better": "good", "worse": "bad", "not_comparable": "bad", "too_few": "warn"}


def _compared(one: Comparison, before: Mapping[str, CaseResult], after: Mapping[str, CaseResult]) -> SuiteRow:
    facts = (
        ("base, %", passing(one, 0)),
        ("result, %", passing(one, 1)),
        ("better", str(len(one.gains))),
        ("worse", str(len(one.regressions))),
        ("p", p_word(one)),
        ("smallest visible", percent(one.mde) if one.mde is not None else "–"),
        ("aligned", f"{one.aligned:,}"),
        ("new, missing", f"{len(one.new)}, {len(one.missing)}"),
    )
    worse = [_case_row(after[case], before.get(case)) for case in one.regressions[:MOST_IDS] if case in after]
    return SuiteRow(
        one.suite,
        OUTCOMES.get(one.outcome, one.outcome),
        _STATES.get(one.outcome, "calm"),
        facts,
        draw_intervals(one),
        tuple(worse),
        one.gains[:MOST_IDS],
    )


def _alone(suite: SuiteReport) -> SuiteRow:
    total, wrong = len(suite.results), len(wrong_results(suite))
    unscored = sum(one.outcome == "unscored" for one in suite.results)
    facts = (
        ("cases", f"{total:,}"),
        ("pass", f"{total - wrong:,}"),
        ("fail", f"{wrong - unscored:,}"),
        ("unscored", f"{unscored:,}"),
    )
    said = percent((total - wrong) / total) if total else "–"
    state = "good" if not wrong else "warn"
    return SuiteRow(suite.suite, said, state, facts, draw_share(total - wrong, total), (), ())


def _results(report: EvalReport | None) -> Mapping[str, CaseResult]:
    return {result.id: result for result in report or ()}


def _case_row(result: CaseResult, before: CaseResult | None = None) -> CaseRow:
    unscored = result.outcome not in (PASS, FAIL)
    return CaseRow(
        result.id,
        outcome_word(result),
        result.step,
        asked_of(result.case.spec),
        _cut(expected(result.expected)),
        _cut(result.error if unscored else came_out(result.got, result.step)),
        str(result.case.place),
        outcome_word(before) if before else "",
    )


def _cut(said: str) -> str:
    return said if len(said) <= MOST_LETTERS else said[: MOST_LETTERS - 1] + "…"


# --- the guard ------------------------------------------------------------------------------------------


class StepScore(NamedTuple):
    """Faults of one step: how many, caught, without a visible difference, and both shares."""

    step: str
    faults: int
    caught: int
    unseen: int
    raw: str
    effective: str


class Survivor(NamedTuple):
    """A fault that shows and that no case notices, and the case that would."""

    summary: str
    target: str
    case: str


def step_scores(guard: GuardReport) -> tuple[StepScore, ...]:
    """A row a step that faults were injected into, then all together."""
    rows = [*guard.steps.items(), ("together", guard.total)]
    return tuple(
        StepScore(step, one.mutants, one.killed, one.unseen, _share(one.raw), _share(one.effective))
        for step, one in rows
    )


def survivors(guard: GuardReport) -> tuple[Survivor, ...]:
    """What nobody would notice."""
    return tuple(
        Survivor(
            one.mutant.summary,
            one.mutant.target,
            shown(dict(one.killer.case), 2 * MOST_LETTERS) if one.killer else "",
        )
        for one in guard.survivors
    )


def _share(value: float | None) -> str:
    return "–" if value is None else percent(value)


# --- metrics --------------------------------------------------------------------------------------------


def suite_metrics(dossier: Dossier) -> tuple[SuiteMetrics, ...]:
    """Whatever numbers a suite's metrics hold, beside the base's."""
    before = dossier.before.suites if dossier.before else {}
    return tuple(
        _suite_metrics(suite, before.get(name))
        for name, suite in dossier.report.suites.items()
        if name != HELD_OUT
    )


def _suite_metrics(suite: SuiteReport, before: SuiteReport | None) -> SuiteMetrics:
    old = dict(flat_metrics(before.metrics)) if before else {}
    numbers = tuple(_metric_row(name, value, old) for name, value in flat_metrics(suite.metrics))
    wrong = wrong_results(suite)
    return SuiteMetrics(
        suite.suite,
        numbers,
        tuple(_tables(suite.metrics)),
        tuple(_case_row(one) for one in wrong[:MOST_CASES]),
        max(0, len(wrong) - MOST_CASES),
    )


def _metric_row(name: str, value: float | None, old: Mapping[str, float | None]) -> MetricRow:
    if name not in old:
        return MetricRow(name, "", number_word(name, value), "")
    base = old[name]
    if value is None or base is None:
        return MetricRow(name, number_word(name, base), number_word(name, value), "")
    change = value - base
    said = f"{change:+,}" if isinstance(change, int) else f"{change:+.4f}"
    return MetricRow(name, number_word(name, base), number_word(name, value), said if change else "=")


def _tables(metrics: Mapping[str, Any], above: str = "") -> Iterator[MetricTable]:
    for key, value in metrics.items():
        name = f"{above} · {spaced(key)}" if above else spaced(key)
        if key == "confusion":
            continue
        if is_table(value):
            yield _table(name, [(str(row), cells) for row, cells in value.items()])
        elif isinstance(value, Mapping):
            yield from _tables(value, name)
        elif isinstance(value, Sequence) and not isinstance(value, str) and value:
            rows = [one if isinstance(one, Mapping) else {"name": one} for one in value]
            yield _table(name, [(str(number), cells) for number, cells in enumerate(rows, 1)])


def _table(name: str, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> MetricTable:
    columns = tuple(dict.fromkeys(str(key) for _, cells in rows for key in cells))
    return MetricTable(
        name,
        tuple(spaced(column) for column in columns),
        tuple((row, *(_cell(column, cells.get(column, "")) for column in columns)) for row, cells in rows),
    )


def _cell(column: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str) else shown(value, 120)
    return number_word(column, value)
