"""`cycle`: the loop once, for cron: ingest, propose, apply what is approved, gate, merge what policy allows.

Every stage leaves its result on the record before the next begins, and none does anything twice: a run that
was killed is simply run again.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.commands.ingest import IngestResult, Quarantine, ingest
from fixloop.commands.propose import ProposeResult, propose
from fixloop.errors import BadInput
from fixloop.gate.judge import judge
from fixloop.gate.reach import risks
from fixloop.gate.verdict import Verdict
from fixloop.hints.model import Hint
from fixloop.ports.held_out import HeldOut
from fixloop.queue.ground import Ground, commit_of, target_branch
from fixloop.queue.land import land_all
from fixloop.queue.order import landing_order
from fixloop.queue.outcome import Landed, Refused
from fixloop.queue.prepare import APPLICABLE, Prepared, prepare
from fixloop.queue.rebuild import branch_of
from fixloop.queue.trial import merge_trial
from fixloop.workspace.stored import load_stored
from fixloop.workspace.text import count


@dataclass(frozen=True, slots=True)
class Judged:
    """An applied fix with its verdict, and why it did not land (empty where it did)."""

    id: str
    verdict: Verdict
    held: str = ""


@dataclass(frozen=True, slots=True)
class CycleResult:
    """What one run did. `ended` is `done`, or the stage before which the budget ran out."""

    ingested: IngestResult | None
    proposed: ProposeResult
    prepared: Prepared
    judged: tuple[Judged, ...]
    landed: tuple[Landed, ...] = ()
    refused: tuple[Refused, ...] = ()
    waiting: int = 0
    ended: str = "done"

    def to_json(self) -> dict[str, Any]:
        """`cycle --json`."""
        return {
            "summary": self.summary,
            "ended": self.ended,
            "ingest": self.ingested.to_json() if self.ingested else None,
            "propose": self.proposed.to_json(),
            "applied": [one.id for one in self.prepared.applied],
            "conflicts": [{"id": one.id, "detail": one.detail} for one in self.prepared.failed],
            "no_branch_free": list(self.prepared.waiting),
            "gate": [
                {"id": one.id, "verdict": "pass" if one.verdict.passed else "fail", "held": one.held}
                for one in self.judged
            ],
            "merged": [{"id": one.id, "commit": one.commit, "tree": one.tree} for one in self.landed],
            "refused": [{"id": one.id, "check": one.check, "detail": one.detail} for one in self.refused],
            "waiting": self.waiting,
        }

    @property
    def clean(self) -> bool:
        """Whether nothing was quarantined and no approved fix was refused."""
        return not (self.quarantines or self.troubles)

    @property
    def quarantines(self) -> tuple[Quarantine, ...]:
        """The rows that could not be used, by input."""
        return self.ingested.quarantines if self.ingested else ()

    @property
    def skipped(self) -> tuple[str, ...]:
        """The files of rows set aside before, which are nobody's input."""
        return self.ingested.skipped if self.ingested else ()

    @property
    def troubles(self) -> list[tuple[str, str, str]]:
        """(what happened, hint id, why) of every approved fix that did not come through."""
        found = [("not applied", one.id, one.detail) for one in self.prepared.failed]
        found += [("refused", one.id, one.held) for one in self.judged if not one.verdict.passed]
        return found + [("refused", one.id, f"{one.check}: {one.detail}") for one in self.refused]

    @property
    def next_step(self) -> str:
        """What a person would type now; empty where nothing waits."""
        if any(one.verdict.passed and one.held for one in self.judged):
            return "fixloop merge --passing"
        return "fixloop hints" if self.waiting else ""

    @property
    def summary(self) -> str:
        """The run in one line."""
        got = self.ingested
        ingested = f"{got.stored} stored" if got else "no input"
        if got and got.quarantined:
            ingested += f", {count(got.quarantined, 'bad row')}"
        failed = sum(not one.verdict.passed for one in self.judged)
        parts = [
            f"ingest: {ingested}",
            f"propose: {self.proposed.fresh} new hints",
            f"apply: {len(self.prepared.applied)} on branches{self._without_branch}",
            f"gate: {len(self.judged) - failed} pass, {failed} fail",
            f"merge: {len(self.landed)}",
            f"{self.waiting} wait for review",
        ]
        return " · ".join(parts) + ("" if self.ended == "done" else f" · stopped before {self.ended}: budget")

    @property
    def _without_branch(self) -> str:
        """How many approved fixes no branch was free for; policy says how many may be open."""
        count = len(self.prepared.waiting)
        return f", {count} without a free one" if count else ""


def cycle(
    desk: Desk,
    files: Sequence[str] = (),
    onto: str | None = None,
    budget: float | None = None,
    heldout: str | None = None,
) -> CycleResult:
    """Run the loop once; `budget` is in seconds, and no stage begins after it is used up.

    Raises:
        AnotherRunHoldsTheLock: a run that writes is under way.
    """
    if budget is not None and budget <= 0:
        raise BadInput(f"a budget of {budget:g} seconds is none", mend="--budget SECONDS")
    with desk.lock():
        return _Run(replace(desk, lock=nullcontext), onto, budget, desk.held_out(heldout)).run(files)


class _Run:
    """One run; the clock is asked between stages only, so results never depend on it."""

    def __init__(self, desk: Desk, onto: str | None, budget: float | None, held_out: HeldOut | None) -> None:
        self._desk = desk
        self._held_out = held_out
        self._target = target_branch(desk.repo, onto)
        self._end = monotonic() + budget if budget else None

    def run(self, files: Sequence[str]) -> CycleResult:
        """The stages in order."""
        done = CycleResult(None, ProposeResult((), (), (), ""), Prepared((), ()), ())
        if files:
            done = replace(done, ingested=ingest(self._desk, files, by_hand=False))
        for stage, step in (("propose", self._propose), ("apply", self._apply), ("gate", self._gate)):
            if self._end is not None and monotonic() > self._end:
                return self._counted(replace(done, ended=stage))
            done = step(done)
        return self._counted(done)

    def _counted(self, done: CycleResult) -> CycleResult:
        return replace(done, waiting=len(self._ground().book.with_status("proposed", "deferred")))

    def _ground(self) -> Ground:
        return self._desk.ground(held_out=self._held_out)

    def _propose(self, done: CycleResult) -> CycleResult:
        return replace(done, proposed=propose(self._desk, self._target))

    def _apply(self, done: CycleResult) -> CycleResult:
        ground = self._ground()
        hints = landing_order(ground.book.with_status(*APPLICABLE))
        if not hints:
            return done
        return replace(done, prepared=prepare(ground, hints, commit_of(self._desk.repo, self._target)))

    def _gate(self, done: CycleResult) -> CycleResult:
        ground = self._ground()
        policy = load_stored(self._desk.tree(self._target), self._desk.cache).config.policy
        judged: list[Judged] = []
        free: list[Hint] = []
        for one in done.prepared.applied:
            hint = ground.book.hints[one.id]
            verdict = judge(merge_trial(ground, self._target, branch_of(hint.id)))
            held = self._held(hint, verdict, policy.auto_merge)
            judged.append(Judged(hint.id, verdict, held))
            if not held:
                free.append(hint)
        queued = land_all(ground, free, self._target, self._desk.progress)
        return replace(
            done,
            judged=tuple(judged),
            landed=tuple(queued.landed),
            refused=tuple(queued.refused),
        )

    def _held(self, hint: Hint, verdict: Verdict, auto_merge: str) -> str:
        """Why a fix is not merged by itself; empty where policy lets it."""
        if not verdict.passed:
            return f"{verdict.failures[0].id}: {verdict.failures[0].detail}"
        if auto_merge != "low_risk":
            return "auto_merge: never"
        found = risks(hint, verdict, load_stored(self._desk.tree(self._target), self._desk.cache))
        return "; ".join(found)
