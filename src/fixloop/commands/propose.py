"""`propose`: new rejections into hints, each dry-run, ranked, kept on the record."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.commands.grow import with_known_good
from fixloop.commands.stakes import surroundings_of, weighed
from fixloop.errors import BadInput
from fixloop.feedback.model import Feedback
from fixloop.hints.ids import content_id, find_by_prefix, short_id
from fixloop.hints.ledger import JOINED, RETURNS, in_order
from fixloop.hints.model import Hint
from fixloop.hints.spoken_for import answered, covered, handled_feedback, overtaken, read_again
from fixloop.hints.store import HintBook
from fixloop.propose.bench.dryrun import Dropped
from fixloop.propose.bench.settled import is_settled
from fixloop.propose.bench.workbench import build_workbench
from fixloop.propose.diagnosis.diagnose import judgement_of
from fixloop.propose.evidence.memory import Suggestion, suggest
from fixloop.propose.explain import Explained
from fixloop.propose.explain import explain as explain_readings
from fixloop.propose.offer.rank import worth_of
from fixloop.propose.offer.recurred import recurrences
from fixloop.propose.offer.rubric import grade, grade_json
from fixloop.propose.offer.stakes import NO_STAKES, Stakes
from fixloop.propose.run import PROPOSER
from fixloop.propose.run import propose as run_proposer
from fixloop.queue.elsewhere import left_elsewhere, told_by_branch
from fixloop.queue.ground import commit_of, target_branch
from fixloop.workspace.improver import IMPROVER, load_improver
from fixloop.workspace.rubric import load_rubric
from fixloop.workspace.text import count


@dataclass(frozen=True, slots=True)
class ProposeResult:
    """The hints of this run with their short names, what fell, and why the run ended."""

    hints: tuple[Hint, ...]
    statuses: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    ended: str
    names: tuple[str, ...] = ()
    fresh: int = 0
    stakes: Mapping[str, Stakes] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """`propose --json`."""
        rows = hint_rows(self.hints, self.statuses, self.stakes, self.chosen)
        dropped = [
            {"summary": d.summary, "reason": d.reason, "evidence": list(d.evidence)} for d in self.dropped
        ]
        return {"hints": rows, "dropped": dropped, "ended": self.ended}


def hint_rows(
    hints: Sequence[Hint],
    statuses: Sequence[str],
    stakes: Mapping[str, Stakes],
    chosen: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Hints as `propose --json` and `hints --json` list them: who chose each, its worth, what is at stake."""
    return [
        {
            **hint_row(hint, status),
            "chosen_by": chosen.get(hint.id),
            "worth": round(worth_of(hint, stakes.get(hint.id, NO_STAKES)), 6),
            "stakes": stakes[hint.id].to_json() if hint.id in stakes else None,
        }
        for hint, status in zip(hints, statuses, strict=True)
    ]


def hint_row(hint: Hint, status: str) -> dict[str, Any]:
    """What a hint is, in one row."""
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
        "rubric": grade_json(hint) or None,
    }


def propose(desk: Desk, onto: str | None = None) -> ProposeResult:
    """Hints for rejections no hint rests on yet, and for known-good, against the branch fixes go to."""
    closed = _close_covered(desk)
    found = with_known_good(desk, onto, _diagnosed(desk, onto))
    ground = desk.ground()
    absent = told_by_branch(left_elsewhere(ground, target_branch(desk.repo, onto)))
    ended = "; ".join(filter(None, [found.ended, closed, absent]))
    return replace(found, ended=ended, chosen=ground.book.chosen, stakes=weighed(desk, found.hints, onto))


def _close_covered(desk: Desk) -> str:
    """Take out of the queue what fixes have answered that landed since; how many hints that was, in words."""
    ground = desk.ground()
    events = [ground.event("superseded", old, data={"by": fix.id}) for old, fix in covered(ground.book)]
    if not events:
        return ""
    ground.record(events, f"{len(events)} hints are answered by merged fixes")
    return f"{count(len(events), 'hint')} closed: merged fixes have answered all of the evidence"


def _diagnosed(desk: Desk, onto: str | None) -> ProposeResult:
    """Diagnose what no hint rests on yet, against the newest commit of the branch fixes go to."""
    ground = desk.ground()
    base = commit_of(desk.repo, target_branch(desk.repo, onto))
    book, feedback = ground.book, ground.feedback
    handled = handled_feedback(book)
    again = read_again(book) - handled
    if all(one.outcome == "accepted" or one.id in handled or one.id in again for one in feedback):
        return ProposeResult((), (), (), "nothing new: every rejection has a hint or a decision")
    if desk.cache.load(_ASKED, _question_of(desk, base, book, feedback)) is not None:
        return ProposeResult(
            (), (), (), "nothing new since the last run: the same rejections wait on this base"
        )
    bench = build_workbench(base, desk.base(base), feedback, desk.cache)
    settled = frozenset(
        one.id
        for one in feedback
        if one.id not in handled and one.outcome != "accepted" and is_settled(bench, one)
    )
    judgement = judgement_of(load_improver(bench.snapshot))
    ideas = rejected_ideas(book)
    around = surroundings_of(desk, base)
    found = run_proposer(
        bench, feedback, handled | settled, ideas, desk.progress, judgement, around=around, again=again
    )
    rubric, known = load_rubric(bench.snapshot), {one.id for one in feedback}
    graded = tuple(grade(hint, bench.snapshot, bench.workspace, rubric, known) for hint in found.hints)
    left = _unreadable(feedback, handled | settled | again)
    found = replace(found, hints=graded, ended=found.ended + left)
    fresh = [hint for hint in found.hints if hint.id not in book.hints]
    back = [one for one in found.hints if one.id in book.hints and book.status(one.id) in RETURNS]
    events = [ground.event("proposed", hint, base=base, digest=hint.digest) for hint in fresh]
    # Its file stands as it was proposed first, so that is what is bound; who else asks for it joins it.
    told = {one.id: {JOINED: [*one.evidence]} for one in back}
    events += [
        ground.event("proposed", known, base=base, digest=known.digest, data=told[known.id])
        for known in (book.hints[one.id] for one in back)
    ]
    events += [
        ground.event("superseded", old, data={"by": new.id}) for old, new in overtaken(book, found.hints)
    ]
    events += [ground.event("already_fixed", hint, base=base) for hint in answered(book, settled)]
    events += [
        ground.event(
            "recurred", one.merged, base=base, data={"by": one.fresh.id, "feedback": [*one.feedback]}
        )
        for one in recurrences(book, feedback, found.hints)
    ]
    if events:
        ground.record(events, f"propose {len(fresh)} hints", hints=fresh)
    statuses = tuple(ground.book.status(hint.id) for hint in found.hints)
    names = tuple(short_id(hint.id, ground.book.hints) for hint in found.hints)
    desk.cache.save(_ASKED, _question_of(desk, base, ground.book, feedback), b"asked")
    return ProposeResult(found.hints, statuses, found.dropped, found.ended, names, len(fresh) + len(back))


def _unreadable(feedback: Sequence[Feedback], closed: Collection[str]) -> str:
    """How many rejections nothing can be tried on: their hints show them, for a person to read."""
    lossy = [one for one in feedback if one.outcome != "accepted" and one.replay != "exact"]
    left = sum(one.id not in closed for one in lossy)
    why = "answered otherwise once personal values were replaced"
    return f"; {count(left, 'rejection')} not read: {why}" if left else ""


@dataclass(frozen=True, slots=True)
class ExplainResult:
    """What was tried on some rejections, and what spoke for each reading.

    `closed` are ids of rejections that were not named, and have a hint or a decision already.
    """

    explained: tuple[Explained, ...]
    closed: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """`propose --explain --json`."""
        return {"explained": [one.to_json() for one in self.explained]}


def explain(desk: Desk, ids: Sequence[str], onto: str | None = None) -> ExplainResult:
    """How the rejections nobody has decided on, or the named ones, are read; nothing is kept.

    Raises:
        BadInput: an id is of no rejection on the record.
    """
    ground = desk.ground()
    base = commit_of(desk.repo, target_branch(desk.repo, onto))
    feedback = [one for one in ground.feedback if one.replay == "exact"]
    wished = {one.id: one for one in feedback if one.outcome != "accepted"}
    wanted = [_rejection(one, ground.feedback, wished) for one in ids]
    closed = handled_feedback(ground.book)
    asked = [one for key, one in wished.items() if key not in closed or key in wanted]
    bench = build_workbench(base, desk.base(base), feedback, desk.cache)
    judgement = judgement_of(load_improver(bench.snapshot))
    told = tuple(explain_readings(bench, asked, feedback, judgement, wanted))
    left = () if wanted else tuple(sorted(key for key in wished if key in closed))
    return ExplainResult(told, left)


def _rejection(prefix: str, feedback: Sequence[Feedback], wished: Collection[str]) -> str:
    by_id = {one.id: one for one in feedback}
    found = by_id[find_by_prefix(prefix, by_id, "feedback")]
    if found.id not in wished:
        why = "was accepted" if found.outcome == "accepted" else "cannot be replayed exactly"
        raise BadInput(f"{found.id} {why}: there is nothing to explain")
    return found.id


@dataclass(frozen=True, slots=True)
class PriorsResult:
    """What decisions suggest for workspace/improver.yaml."""

    suggestion: Suggestion

    def to_json(self) -> dict[str, Any]:
        """`propose --priors --json`."""
        found = self.suggestion.improver
        return {
            "path": IMPROVER,
            "decisions": self.suggestion.decisions,
            "priors": dict(found.priors),
            "kinds": dict(found.kinds),
            "text": self.suggestion.render(),
        }


def priors(desk: Desk, onto: str | None = None) -> PriorsResult:
    """The improver.yaml that the ledger's decisions suggest, for a person to commit in the judge lane."""
    ground = desk.ground()
    base = commit_of(desk.repo, target_branch(desk.repo, onto))
    book = ground.book
    return PriorsResult(suggest(in_order(book.events), book.hints, load_improver(desk.base(base))))


_ASKED = "asked"


def _question_of(desk: Desk, base: str, book: HintBook, feedback: Sequence[Feedback]) -> str:
    """What a run depends on: asked again, it would say the same, so cron need not ask."""
    statuses = [[key, book.status(key)] for key in sorted(book.hints)]
    said = sorted([one.id, *one.notes] for one in feedback)
    return content_id("p", PROPOSER, desk.repo.tree_of(base), said, statuses)


def rejected_ideas(book: HintBook) -> dict[str, int]:
    """Fingerprint of each rejected or reverted fix to its support: the idea comes back with twice that."""
    found: dict[str, int] = {}
    for hint in book.with_status("rejected", "reverted"):
        if hint.fingerprint:
            found[hint.fingerprint] = max(found.get(hint.fingerprint, 0), hint.support)
    return found
