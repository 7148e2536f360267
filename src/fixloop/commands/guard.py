"""`guard`: how many injected faults the cases catch, and the cases that are missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.commands.propose import hint_row, rejected_ideas
from fixloop.commands.stakes import GUARDED, strengths_of
from fixloop.errors import BadInput
from fixloop.evals.cases import load_cases
from fixloop.feedback.replays import distinct_tickets, recent
from fixloop.hints.ids import short_id
from fixloop.hints.ledger import Event
from fixloop.hints.model import Hint
from fixloop.mutants.guard import guard_strength
from fixloop.mutants.operators import STEPS
from fixloop.mutants.report import GuardReport
from fixloop.pipeline.compile import compile_pipeline
from fixloop.propose.survivors import hints_from_survivors
from fixloop.queue.ground import Ground, commit_of, target_branch
from fixloop.workspace.model import Workspace
from fixloop.workspace.snapshot import Snapshot
from fixloop.workspace.stored import load_stored
from fixloop.workspace.text import did_you_mean, shown


@dataclass(frozen=True, slots=True)
class Guarded:
    """A report, the strength the gate asks for, and with `--propose` the hints of the missing cases."""

    report: GuardReport
    least: float
    hints: tuple[Hint, ...] = ()
    names: tuple[str, ...] = ()
    proposed: bool = False

    @property
    def weak(self) -> tuple[str, ...]:
        """The leaves below what the gate asks for."""
        return tuple(
            guard.leaf
            for guard in self.report.leaves
            if guard.score.effective is not None and not guard.score.meets(self.least)
        )

    def to_json(self) -> dict[str, Any]:
        """`guard --json`."""
        document = {"min_guard_strength": self.least, "weak": list(self.weak), **self.report.to_json()}
        if self.proposed:
            document["hints"] = [hint_row(hint, "proposed") for hint in self.hints]
        return document


def guard(
    desk: Desk,
    leaves: Sequence[str] = (),
    steps: Sequence[str] = (),
    most: int | None = None,
    ref: str | None = None,
    every: bool = False,
) -> Guarded:
    """Measure the work tree, or a ref; `every` looks for a case also for faults that nothing shows today.

    Raises:
        BadInput: a leaf or a step is not there.
    """
    _must_make_sense(steps, most)
    snapshot: Snapshot = desk.work_tree() if ref is None else desk.base(commit_of(desk.repo, ref))
    return _measure(desk, desk.ground(), snapshot, leaves, steps, most, every)


def propose_cases(
    desk: Desk,
    leaves: Sequence[str] = (),
    steps: Sequence[str] = (),
    most: int | None = None,
    onto: str | None = None,
) -> Guarded:
    """Measure the branch fixes go to, and put the missing cases on the record for a person to decide.

    Asked twice it proposes nothing twice; what a person rejected is not proposed again. Strengths measured
    with every fault there is go on the record too: hints are weighed by them.
    """
    _must_make_sense(steps, most)
    ground = desk.ground()
    base = commit_of(desk.repo, target_branch(desk.repo, onto))
    found = _measure(desk, ground, desk.base(base), leaves, steps, most, every=True)
    book = ground.book
    hints = tuple(hints_from_survivors(found.report, rejected_ideas(book), book.hints))
    events = [ground.event("proposed", hint, base=base, digest=hint.digest) for hint in hints]
    if not steps and most is None:
        events += _measured_event(ground, base, found.report)
    if events:
        ground.record(events, f"propose {len(hints)} cases", hints=list(hints))
    names = tuple(short_id(hint.id, ground.book.hints) for hint in hints)
    return Guarded(found.report, found.least, hints, names, proposed=True)


def _measured_event(ground: Ground, base: str, report: GuardReport) -> list[Event]:
    """The strengths of the leaves that were measured, where the record does not say the same already."""
    scores = {one.leaf: one.score.effective for one in report.leaves}
    strengths = {leaf: round(found, 6) for leaf, found in sorted(scores.items()) if found is not None}
    known = strengths_of(ground.book.events)
    if all(known.get(leaf) == strength for leaf, strength in strengths.items()):
        return []
    return [ground.event(GUARDED, base=base, data={"strengths": strengths})]


def _measure(
    desk: Desk,
    ground: Ground,
    snapshot: Snapshot,
    leaves: Sequence[str],
    steps: Sequence[str],
    most: int | None,
    every: bool,
) -> Guarded:
    workspace = load_stored(snapshot, desk.cache)
    _must_be_leaves(leaves, workspace)
    config = workspace.config
    report = guard_strength(
        workspace,
        compile_pipeline(workspace, desk.cache),
        load_cases(snapshot),
        distinct_tickets(recent(ground.feedback, config.policy.retain_days)),
        desk.cache,
        leaves=leaves,
        steps=steps or STEPS,
        most=most,
        unseen_too=every,
        progress=lambda number, of: desk.progress(f"trying fault {number} of {of}"),
    )
    return Guarded(report, config.gate.min_guard_strength)


def read_most(text: str | None) -> int | None:
    """The number of `--most`.

    Raises:
        BadInput: it is none.
    """
    if text is None:
        return None
    if not text.isascii() or not text.isdigit():
        raise BadInput(f"--most takes a number, not {shown(text)}", mend="--most 20")
    return int(text)


def _must_make_sense(steps: Sequence[str], most: int | None) -> None:
    unknown = next((step for step in steps if step not in STEPS), None)
    if unknown is not None:
        raise BadInput(f"no faults are injected at {shown(unknown)}", mend=f"one of: {', '.join(STEPS)}")
    if most is not None and most < 1:
        raise BadInput(f"{most} faults a leaf are none", mend="--most N, with N from 1")


def _must_be_leaves(leaves: Sequence[str], workspace: Workspace) -> None:
    known = workspace.intents.all_leaves
    unknown = next((leaf for leaf in leaves if leaf not in known), None)
    if unknown is not None:
        raise BadInput(f"there is no leaf {shown(unknown)}", mend=did_you_mean(unknown, known))
