"""`note`: an engineer's own word on a piece of feedback, the strongest evidence there is."""

from dataclasses import dataclass
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.errors import BadInput
from fixloop.hints.ids import find_by_prefix
from fixloop.hints.ledger import NOTED

LONGEST = 2_000
"""Characters of a note; more is a document, and belongs elsewhere."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A piece of feedback and all notes on it, oldest first."""

    feedback: str
    comment: str
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """`note --json`."""
        return {"feedback": self.feedback, "comment": self.comment, "notes": list(self.notes)}


def note(desk: Desk, feedback_id: str, text: str, who: str | None = None) -> Noted:
    """Add a note; the next `propose` reads the rejection again in its light. The same note twice is one.

    Raises:
        BadInput: no such feedback, or no text.
    """
    words = " ".join(text.split())
    if not words:
        raise BadInput("a note needs words", mend="fixloop note fb-… 'the fraud flag decides here'")
    if len(words) > LONGEST:
        raise BadInput(f"a note of {len(words):,} characters", mend=f"at most {LONGEST:,}")
    ground = desk.ground(desk.person(who))
    by_id = {one.id: one for one in ground.feedback}
    found = by_id[find_by_prefix(feedback_id, by_id, "feedback")]
    if words not in found.notes:
        event = ground.event(NOTED, data={"feedback": found.id, "text": words})
        ground.record([event], f"note on {found.id}")
    return Noted(found.id, found.comment, tuple(dict.fromkeys((*found.notes, words))))
