"""The append-only record of decisions, and the status of a hint as a fold over it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Any

from fixloop.hints.ids import content_id

WHY_CODES = (
    "one_off",
    "too_risky_now",
    "costly",
    "customer_wrong",
    "staff_wrong",
    "duplicate",
    "not_general",
    "other",
)

STATUS_AFTER: Mapping[str, str] = {
    "proposed": "proposed",
    "approved": "approved",
    "rejected": "rejected",
    "deferred": "deferred",
    "answered": "superseded",
    "superseded": "superseded",
    "applied": "applied",
    "stale": "stale",
    "conflict": "conflict",
    "failed": "failed",
    "merged": "merged",
    "reverted": "reverted",
    "recurred": "recurred",
    "already_fixed": "already_fixed",
}
"""The status an event leaves a hint in; an event that is not here leaves it as it is."""

NOTED = "noted"
"""An engineer's word on a piece of feedback, which is named in the event's data beside the text."""

JOINED = "evidence"
"""In the data of a `proposed` event: the feedback of a hint that comes back with more support."""

JOINS = "joined"
"""More feedback for a hint whose status stays: it answers another question, too."""

CLOSED = frozenset({"rejected", "merged", "reverted", "superseded", "already_fixed", "conflict"})
"""A hint in one of these asks nothing of anybody any more."""

RETURNS = frozenset({"rejected", "reverted", "conflict"})
"""Statuses of a hint that is proposed again where the same operations are asked for once more."""

UNDECIDED = ("proposed", "deferred")
"""A hint in one of these waits for a person's word."""

MAY_FOLLOW: Mapping[str, frozenset[str]] = {
    # A second person may approve at any time before the merge, and after a refusal for want of one.
    "approved": frozenset({"proposed", "deferred", "approved", "applied", "stale", "failed"}),
    "rejected": frozenset(
        {"proposed", "deferred", "approved", "applied", "stale", "failed", "rejected", "conflict"}
    ),
    "deferred": frozenset({"proposed", "deferred", "approved"}),
    "answered": frozenset({"proposed", "deferred"}),
}
"""From which statuses a person's decision is possible."""


@dataclass(frozen=True, slots=True)
class Event:
    """One decision or outcome; `prev` names the events that nothing followed yet: histories can be joined."""

    at: str
    who: str
    event: str
    hint: str = ""
    base: str = ""
    tree: str = ""
    digest: str = ""
    why: Mapping[str, str] | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    prev: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """`ev-` and a digest of everything in it."""
        return content_id("ev", self._body())

    @property
    def path(self) -> str:
        """Where it is kept on the state branch."""
        return f"ledger/{self.at[:7]}/{self.id}.json"

    def _body(self) -> dict[str, Any]:
        return {
            "v": 1,
            "at": self.at,
            "who": self.who,
            "event": self.event,
            "hint": self.hint,
            "base": self.base,
            "tree": self.tree,
            "digest": self.digest,
            "why": dict(self.why) if self.why else None,
            "data": dict(self.data),
            "prev": list(self.prev),
        }

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {"id": self.id, **self._body()}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> "Event":
        """Back from the record."""
        known = {
            key: value[key] for key in ("at", "who", "event", "hint", "base", "tree", "digest", "why", "data")
        }
        return Event(**known, prev=tuple(value["prev"]))


@dataclass(frozen=True, slots=True)
class HintState:
    """Where a hint stands: its status, the digest that is approved and by whom, and the last event."""

    status: str = "proposed"
    approved_digest: str = ""
    approved_by: tuple[str, ...] = ()
    last: Event | None = None


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events so that each comes after those it names in `prev`; the time and the id decide the rest."""
    known = {event.id: event for event in events}
    waiting = {key: {before for before in event.prev if before in known} for key, event in known.items()}
    followers: dict[str, list[str]] = {key: [] for key in known}
    for key, befores in waiting.items():
        for before in befores:
            followers[before].append(key)
    return _release(known, waiting, followers)


def _release(
    known: Mapping[str, Event], waiting: Mapping[str, set[str]], followers: Mapping[str, list[str]]
) -> list[Event]:
    ready = [(known[key].at, key) for key, befores in waiting.items() if not befores]
    heapify(ready)
    ordered = []
    while ready:
        _, key = heappop(ready)
        ordered.append(known[key])
        for follower in followers[key]:
            waiting[follower].discard(key)
            if not waiting[follower]:
                heappush(ready, (known[follower].at, follower))
    return ordered


def fold(events: Sequence[Event]) -> dict[str, HintState]:
    """The state of every hint after all events, in causal order."""
    states: dict[str, HintState] = {}
    for event in in_order(events):
        if event.hint:
            states[event.hint] = _after(states.get(event.hint, HintState()), event)
    return states


def _after(state: HintState, event: Event) -> HintState:
    status = STATUS_AFTER.get(event.event, state.status)
    if event.event == "approved":
        # Approvals of another content do not add up to this one's.
        others = state.approved_by if state.approved_digest == event.digest else ()
        return HintState(status, event.digest, tuple(dict.fromkeys((*others, event.who))), event)
    if status in {"rejected", "conflict", "deferred"}:
        return HintState(status, last=event)
    return HintState(status, state.approved_digest, state.approved_by, event)


def heads(events: Iterable[Event]) -> tuple[str, ...]:
    """The ids of the events that no other names as its predecessor, sorted."""
    known = list(events)
    followed = {before for event in known for before in event.prev}
    return tuple(sorted(event.id for event in known if event.id not in followed))
