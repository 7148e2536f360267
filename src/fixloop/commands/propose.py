"""`propose`: new rejections into hints, each dry-run, ranked, kept on the record."""

from dataclasses import dataclass
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.hints.model import Hint
from fixloop.hints.store import HintBook
from fixloop.propose.dryrun import Dropped
from fixloop.propose.run import propose as run_proposer
from fixloop.propose.workbench import build_workbench
from fixloop.queue.ground import commit_of, target_branch


@dataclass(frozen=True, slots=True)
class ProposeResult:
    """The hints of this run, what fell, and why the run ended."""

    hints: tuple[Hint, ...]
    statuses: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    ended: str

    def to_json(self) -> dict[str, Any]:
        """`propose --json`."""
        rows = [hint_row(hint, status) for hint, status in zip(self.hints, self.statuses, strict=True)]
        dropped = [
            {"summary": d.summary, "reason": d.reason, "evidence": list(d.evidence)} for d in self.dropped
        ]
        return {"hints": rows, "dropped": dropped, "ended": self.ended}


def hint_row(hint: Hint, status: str) -> dict[str, Any]:
    """A hint as `propose --json` and `hints --json` list it."""
    return {
        "id": hint.id,
        "status": status,
        "step": hint.step,
        "kind": hint.kind,
        "target": hint.target,
        "summary": hint.summary,
        "support": hint.support,
        "confidence": hint.confidence,
        "question": hint.to_json()["question"] and hint.question and hint.question.text,
        "measured": hint.measured.to_json() if hint.measured else None,
    }


def propose(desk: Desk, onto: str | None = None) -> ProposeResult:
    """Diagnose what no hint rests on yet, against the newest commit of the branch fixes go to."""
    ground = desk.ground()
    base = commit_of(desk.repo, target_branch(desk.repo, onto))
    book, feedback = ground.book, ground.feedback
    handled = handled_feedback(book)
    if all(one.outcome == "accepted" or one.id in handled for one in feedback):
        return ProposeResult((), (), (), "nothing new: every rejection has a hint or a decision")
    bench = build_workbench(base, desk.tree(base), feedback, desk.cache)
    found = run_proposer(bench, feedback, handled, rejected_ideas(book), desk.progress)
    fresh = [hint for hint in found.hints if hint.id not in book.hints]
    events = [ground.event("proposed", hint, base=base, digest=hint.digest) for hint in fresh]
    if fresh:
        ground.record(events, f"propose {len(fresh)} hints", hints=fresh)
    statuses = tuple(ground.book.status(hint.id) for hint in found.hints)
    return ProposeResult(found.hints, statuses, found.dropped, found.ended)


def handled_feedback(book: HintBook) -> frozenset[str]:
    """Feedback that a hint rests on, unless that hint came to nothing and the wish is open again."""
    reopened = {"conflict", "reverted", "recurred"}
    return frozenset(
        one for hint in book.hints.values() if book.status(hint.id) not in reopened for one in hint.evidence
    )


def rejected_ideas(book: HintBook) -> dict[str, int]:
    """Fingerprint of each rejected fix to its support: the same idea comes back only with twice that."""
    found: dict[str, int] = {}
    for hint in book.with_status("rejected"):
        if hint.fingerprint:
            found[hint.fingerprint] = max(found.get(hint.fingerprint, 0), hint.support)
    return found
