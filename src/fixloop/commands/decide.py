"""`approve`, `reject`, `defer`, `answer`: a person's decisions, written to the ledger."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.errors import BadInput
from fixloop.hints.ledger import JOINED, JOINS, MAY_FOLLOW, RETURNS, WHY_CODES, Event
from fixloop.hints.model import Hint, instead_of_applying
from fixloop.hints.shared import Change, changed_by_both
from fixloop.queue.ground import Ground
from fixloop.queue.standing import Standing, standings

_TO_LAND = frozenset({"approved", "applied", "stale"})


@dataclass(frozen=True, slots=True)
class Rival:
    """Another approved hint that changes what a hint changes: only one of the two can land as it stands."""

    hint: str
    other: str
    changes: tuple[Change, ...]

    def to_json(self) -> dict[str, Any]:
        """An entry of `rivals`."""
        changes = [
            {"op": one.op, "place": one.place, "values": list(one.values) or None} for one in self.changes
        ]
        return {"hint": self.hint, "other": self.other, "changes": changes}


@dataclass(frozen=True, slots=True)
class Decided:
    """Which hints now have a status; `unchanged` had it already.

    Of approved ones `standings` say what a merge needs, and `rivals` which do not go together.
    """

    status: str
    ids: tuple[str, ...]
    unchanged: tuple[str, ...] = ()
    standings: Mapping[str, Standing] = field(default_factory=dict)
    rivals: tuple[Rival, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The command's JSON."""
        said = {"status": self.status, "ids": list(self.ids), "unchanged": list(self.unchanged)}
        return {**said, "rivals": [one.to_json() for one in self.rivals]} if self.rivals else said


@dataclass(frozen=True, slots=True)
class Why:
    """A reason: one of the codes, and a person's words."""

    code: str
    text: str = ""

    def __post_init__(self) -> None:
        if self.code not in WHY_CODES:
            raise BadInput(f"{self.code!r} is no reason", mend=f"one of: {', '.join(WHY_CODES)}")

    def to_json(self) -> dict[str, str]:
        """As in an event."""
        return {"code": self.code, "text": self.text}


def approve(desk: Desk, ids: Sequence[str], who: str | None = None) -> Decided:
    """Approve hints as they stand: the digest of operations, cases and moves is what is bound."""
    ground = desk.ground(desk.person(who))
    hints = _find(ground, ids)
    for hint in hints:
        if hint.question is not None:
            raise BadInput(f"{hint.id} asks: {hint.question.text}", mend=f"fixloop answer {hint.id} CHOICE")
        if not hint.operations:
            raise BadInput(f"{hint.id} changes nothing", mend=instead_of_applying(hint)[0])
    decided = _decide(ground, hints, "approved", None)
    rivals = tuple(_rivals(ground, hints))
    return replace(decided, standings=standings(ground, hints), rivals=rivals)


def _rivals(ground: Ground, hints: Sequence[Hint]) -> Iterator[Rival]:
    """Pairs of approved hints with one of these in them that change the same thing, each pair once."""
    book, mine = ground.book, {hint.id for hint in hints}
    others = [one for key, one in book.hints.items() if key not in mine and book.status(key) in _TO_LAND]
    for number, hint in enumerate(hints):
        for other in (*others, *hints[:number]):
            changes = changed_by_both(hint, other)
            if changes:
                yield Rival(hint.id, other.id, changes)


def reject(desk: Desk, ids: Sequence[str], why: Why, who: str | None = None) -> Decided:
    """Reject hints: the same idea comes back only with twice the support."""
    ground = desk.ground(desk.person(who))
    return _decide(ground, _find(ground, ids), "rejected", why)


def defer(desk: Desk, ids: Sequence[str], why: Why, who: str | None = None) -> Decided:
    """Put hints off: they stay in the queue, last."""
    ground = desk.ground(desk.person(who))
    return _decide(ground, _find(ground, ids), "deferred", why)


def answer(desk: Desk, hint_id: str, choice: int, who: str | None = None) -> Decided:
    """Answer a question: the hint of the choice, counted from 1, takes its place and waits for approval.

    A choice that leads to no hint ("nothing is wrong") rejects the question.
    """
    ground = desk.ground(desk.person(who))
    hint = ground.book.find(hint_id)
    question = hint.question
    if question is None:
        raise BadInput(f"{hint.id} asks nothing", mend=f"fixloop approve {hint.id}")
    _must_allow(ground, hint, "answered")
    if not 1 <= choice <= len(question.choices):
        raise BadInput(
            f"there is no choice {choice}", mend=f"1 to {len(question.choices)}: fixloop show {hint.id}"
        )
    chosen = question.choices[choice - 1]
    if chosen.hint is None:
        why = Why("staff_wrong" if "nothing" in chosen.label else "other", chosen.label)
        return _decide(ground, [hint], "rejected", why)
    fresh = replace(chosen.hint, confidence=1.0, supersedes=(hint.id,)).named_cases()
    known = ground.book.hints.get(fresh.id)
    taken = _proposed_again(ground, known, fresh) if known else None
    events = [
        ground.event("answered", hint, data={"choice": chosen.label, "hint": fresh.id}),
        taken or ground.event("proposed", fresh, digest=fresh.digest),
    ]
    ground.record(events, f"answer {hint.id}: {chosen.label}", hints=[] if known else [fresh])
    return Decided(ground.book.status(fresh.id), (fresh.id,))


def _proposed_again(ground: Ground, known: Hint, chosen: Hint) -> Event:
    """What was asked about joins a hint of the same operations; one that was closed is proposed again."""
    name = "proposed" if ground.book.status(known.id) in RETURNS else JOINS
    return ground.event(name, known, digest=known.digest, data={JOINED: [*chosen.evidence]})


def _find(ground: Ground, ids: Sequence[str]) -> list[Hint]:
    found = {hint.id: hint for hint in (ground.book.find(one) for one in ids)}
    return list(found.values())


def _must_allow(ground: Ground, hint: Hint, event: str) -> None:
    status = ground.book.status(hint.id)
    if status not in MAY_FOLLOW[event]:
        raise BadInput(f"{hint.id} is {status}: it cannot be {event}", mend=f"fixloop show {hint.id}")


def _decided_already(ground: Ground, hint: Hint, event: str) -> bool:
    """Whether this person's decision would add nothing: a second person's approval does."""
    state = ground.book.states.get(hint.id)
    if state is None or state.status != event or event == "deferred":
        return False
    return event != "approved" or (ground.who in state.approved_by and state.approved_digest == hint.digest)


def _decide(ground: Ground, hints: Sequence[Hint], event: str, why: Why | None) -> Decided:
    """All or none: every hint is checked before one event is written."""
    for hint in hints:
        _must_allow(ground, hint, event)
    same = [hint for hint in hints if _decided_already(ground, hint, event)]
    fresh = [hint for hint in hints if hint not in same]
    reason = why.to_json() if why else None
    events = [ground.event(event, hint, digest=hint.digest, why=reason) for hint in fresh]
    if events:
        ground.record(events, f"{event}: {', '.join(hint.id for hint in fresh)}")
    return Decided(event, tuple(hint.id for hint in fresh), tuple(hint.id for hint in same))
