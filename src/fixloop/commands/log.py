"""`log`: every decision and its outcome, oldest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.hints.ids import short_id
from fixloop.hints.ledger import Event, in_order


@dataclass(frozen=True, slots=True)
class Log:
    """Events in causal order; `summaries` is by hint id, `names` their short ids."""

    events: tuple[Event, ...]
    summaries: Mapping[str, str]
    names: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """`log --json`."""
        return {"events": [event.to_json() for event in self.events]}


def read_log(desk: Desk, hint_id: str | None = None) -> Log:
    """The ledger, or what it says of one hint."""
    book = desk.ground().book
    wanted = book.find(hint_id).id if hint_id else None
    events = tuple(event for event in in_order(book.events) if wanted in (None, event.hint))
    names = {key: short_id(key, book.hints) for key in book.hints}
    return Log(events, {key: hint.summary for key, hint in book.hints.items()}, names)
