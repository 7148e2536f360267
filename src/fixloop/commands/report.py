"""`report`: all that is known of one merge result or one workspace, gathered for whoever draws it."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.commands.eval import Evaluated
from fixloop.commands.gate import gate
from fixloop.commands.shelf import Shelf
from fixloop.errors import BadInput
from fixloop.evals.case import Case
from fixloop.evals.compare import Comparison
from fixloop.evals.coverage import Coverage, measure_coverage
from fixloop.evals.result import EvalReport
from fixloop.feedback.model import Feedback
from fixloop.feedback.moves import Move, Shift, compare_pipelines
from fixloop.feedback.replays import distinct_tickets, recent
from fixloop.gate.side import Side
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, Verdict
from fixloop.hints.ledger import Event, in_order
from fixloop.hints.model import Hint
from fixloop.mutants.guard import guard_strength
from fixloop.mutants.operators import STEPS
from fixloop.mutants.report import GuardReport
from fixloop.queue.ground import Ground, commit_of
from fixloop.workspace.model import Workspace
from fixloop.workspace.snapshot import Snapshot, is_governed
from fixloop.workspace.stored import load_stored
from fixloop.workspace.text import shown
from fixloop.workspace.unified import unified

NOTHING = EvalReport({})

QUICK = ("plan", "fetch", "extraction")
FAULTS: Mapping[str, Sequence[str]] = {"quick": QUICK, "all": STEPS, "none": ()}
"""Where faults are injected for a report: a fault in step one takes as long as hundreds in the others."""


@dataclass(frozen=True, slots=True)
class History:
    """The record over time: the ledger in causal order, all feedback, and the verdicts by tree."""

    events: tuple[Event, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    verdicts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    summaries: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reported:
    """A merge result with its verdict, or a workspace with its evaluation; the words of `report.dossier`."""

    title: str
    report: EvalReport
    verdict: Verdict | None = None
    before: EvalReport | None = None
    suites: Mapping[str, Comparison] = field(default_factory=dict)
    workspace: Workspace | None = None
    coverage: Coverage | None = None
    guard: GuardReport | None = None
    diffs: Mapping[str, str] = field(default_factory=dict)
    hint: Hint | None = None
    evidence: tuple[Feedback, ...] = ()
    shift: Shift | None = None
    declared: frozenset[str] = frozenset()
    history: History = History()

    @property
    def events(self) -> tuple[Event, ...]:
        """The ledger, in causal order."""
        return self.history.events

    @property
    def feedback(self) -> tuple[Feedback, ...]:
        """All feedback of the record."""
        return self.history.feedback

    @property
    def verdicts(self) -> Mapping[str, Mapping[str, Any]]:
        """Verdicts on record, by tree."""
        return self.history.verdicts

    @property
    def summaries(self) -> Mapping[str, str]:
        """Hint id to its summary."""
        return self.history.summaries

    def to_json(self) -> dict[str, Any]:
        """`gate --json` or `eval --json`, with metrics, drift and coverage beside it."""
        if self.verdict is None:
            return {"ref": self.title, "suites": self.report.to_json(), **self._beside()}
        metrics = {name: dict(suite.metrics) for name, suite in self.report.suites.items()}
        return {**self.verdict.to_json(), "metrics": metrics, **self._beside()}

    def _beside(self) -> dict[str, Any]:
        drift = {**self.shift.to_json(), "declared": sorted(self.declared)} if self.shift else None
        return {
            "drift": drift,
            "coverage": self.coverage.to_json() if self.coverage else None,
            "guard": self.guard.to_json() if self.guard else None,
        }


def report_merge(desk: Desk, base: str, head: str, faults: str = "quick") -> Reported:
    """The verdict on merging `head` into `base`, with all that led to it; nothing is written.

    Raises:
        BadInput: a ref names no commit.
    """
    steps = _steps(faults)
    found = gate(desk, base, head)
    return report_trial(desk, found.trial, found.verdict, f"{head} into {base}", steps)


def _steps(faults: str) -> Sequence[str]:
    """The steps that faults are injected into.

    Raises:
        BadInput: there is no such choice.
    """
    if faults not in FAULTS:
        raise BadInput(f"--guard takes {', '.join(FAULTS)}, not {shown(faults)}")
    return FAULTS[faults]


def report_trial(
    desk: Desk, trial: Trial, verdict: Verdict, title: str, steps: Sequence[str] = QUICK
) -> Reported:
    """A trial that was judged already; what the checks have computed is not computed again."""
    ground = desk.ground()
    readable = not any(check.id == "structure" and check.status == FAIL for check in verdict.checks)
    side = trial.result if readable else None
    wanted = frozenset(one for hint in trial.fixes for one in hint.evidence)
    desk.progress("putting the report together")
    shift = compare_pipelines(trial.base.pipeline, side.pipeline, trial.stored) if side else None
    return Reported(
        title=title,
        verdict=verdict,
        report=trial.after if side else NOTHING,
        before=trial.before if side else None,
        suites=verdict.suites,
        workspace=side.workspace if side else None,
        coverage=measure_coverage(side.workspace, side.snapshot, trial.after) if side else None,
        guard=_guard(desk, side, (*trial.base.cases, *trial.new_cases), trial.stored, steps)
        if side
        else None,
        diffs=_diffs(trial.changes, trial.base.snapshot, trial.proposed.snapshot),
        hint=trial.hint,
        evidence=tuple(one for one in ground.feedback if one.id in wanted),
        shift=shift,
        declared=_declared(trial.fixes, shift.moves if shift else ()),
        history=_history(ground),
    )


def report_workspace(desk: Desk, ref: str | None = None, faults: str = "quick") -> Reported:
    """One workspace by its own cases: a commit's, or the work tree's; nothing is written.

    Raises:
        BadInput: the ref names no commit, or the workspace or its cases are wrong.
    """
    steps = _steps(faults)
    ground = desk.ground()
    snapshot = desk.base(commit_of(desk.repo, ref)) if ref else desk.work_tree()
    side = Side(snapshot, desk.cache, {})
    desk.progress("evaluating")
    report = side.evaluate(side.cases)
    kept = recent(ground.feedback, side.workspace.config.policy.retain_days)
    return Reported(
        title=ref or "the work tree",
        report=report,
        workspace=side.workspace,
        coverage=measure_coverage(side.workspace, snapshot, report),
        guard=_guard(desk, side, side.cases, kept, steps),
        shift=compare_pipelines(side.pipeline, side.pipeline, kept),
        history=_history(ground),
    )


def _guard(
    desk: Desk, side: Side, cases: Iterable[Case], stored: Sequence[Feedback], steps: Sequence[str]
) -> GuardReport | None:
    if not steps:
        return None
    desk.progress("injecting faults")
    tickets = distinct_tickets(stored)
    return guard_strength(side.workspace, side.pipeline, cases, tickets, desk.cache, steps=steps)


def report_evaluation(shelf: Shelf, found: Evaluated) -> Reported:
    """What `eval` found, without the record: no stored ticket and no history is in it."""
    against = f" against {found.base}" if found.base else ""
    return Reported(
        title=f"{found.ref or 'the work tree'}{against}",
        report=found.report,
        before=found.before,
        suites=found.against or {},
        workspace=load_stored(shelf.snapshot(found.ref), shelf.cache),
        coverage=found.coverage,
    )


def _declared(fixes: Sequence[Hint], moves: Collection[Move]) -> frozenset[str]:
    """The moves from and to places that the hints name, as the gate's `drift` reads them."""
    sources = frozenset(one for hint in fixes for one in hint.moves.from_)
    targets = frozenset(one for hint in fixes for one in hint.moves.to)
    return frozenset(move.id for move in moves if move.source in sources and move.target in targets)


def _diffs(changes: Collection[str], before: Snapshot, after: Snapshot) -> dict[str, str]:
    told: Callable[[str], str] = partial(_diff, before, after)
    return {path: told(path) if is_governed(path) else "" for path in sorted(changes)}


def _diff(before: Snapshot, after: Snapshot, path: str) -> str:
    return unified(path, before.read(path), after.read(path))


def _history(ground: Ground) -> History:
    book = ground.book
    documents = [json.loads(data) for data in ground.state.read("verdicts/").values()]
    passed = {str(one["tree"]): one for one in documents if one.get("verdict") == PASS}
    summaries = {key: hint.summary for key, hint in book.hints.items()}
    return History(tuple(in_order(book.events)), ground.feedback, passed, summaries)
