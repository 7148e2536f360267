"""One piece of feedback as the record keeps it: redacted, with all that replaying its proposal needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from fixloop.pipeline.compile import Fixture
from fixloop.pipeline.ticket import parse_ticket

Outcome = Literal["accepted", "edited", "rejected"]
Reason = Literal[
    "wrong_intent",
    "wrong_data",
    "wrong_record",
    "wrong_reply",
    "wrong_action",
    "missing_knowledge",
    "not_needed",
    "other",
]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
REASONS: tuple[Reason, ...] = get_args(Reason)


@dataclass(frozen=True, slots=True)
class Feedback:
    """Staff's word on one proposal.

    `proposal` is what they saw, in the keys of `run --json`; `fields` and `rows` are its fixture: what was
    extracted, and the rows each lookup returned. `replay` is `exact` when the redacted ticket reproduces the
    same leaf, branch and record positions, else `lossy`, and then it never becomes a case. `notes` are an
    engineer's own words on it (`fixloop note`), oldest first: no part of the shard, but events beside it.
    `taken` is the month it was taken in (yyyy-mm), which its shard's path says.
    """

    id: str
    source: str
    ticket: Mapping[str, Any]
    outcome: str
    comment: str = ""
    reviewer: str = ""
    at: str = ""
    reason: str | None = None
    expected: Mapping[str, Any] | None = None
    reply: str | None = None
    proposal: Mapping[str, Any] = field(default_factory=dict)
    replay: str = "exact"
    notes: tuple[str, ...] = ()
    taken: str = field(default="", compare=False)

    @property
    def text_digest(self) -> str:
        """The digest of the ticket's normalised text: two pieces of feedback on one text share it."""
        from fixloop.workspace.text import text_digest

        return text_digest(parse_ticket(dict(self.ticket)).customer_text)

    @property
    def moment(self) -> str:
        """When it was said; one after the month it was taken in is a slip, and counts as then."""
        if self.taken and self.at[:7] > self.taken:
            return f"{self.taken}-28T00:00:00"
        return self.at[:19]

    @property
    def fixture(self) -> Fixture:
        """What replay works on instead of the live sources."""
        rows = {source: tuple(rows) for source, rows in self.proposal.get("rows", {}).items()}
        fields = {
            group: {name: tuple(values) for name, values in fields.items()}
            for group, fields in self.proposal.get("fields", {}).items()
        }
        return Fixture(parse_ticket(dict(self.ticket)), fields, rows)

    def to_json(self) -> dict[str, Any]:
        """A line of a shard."""
        return {
            "id": self.id,
            "source": self.source,
            "ticket": dict(self.ticket),
            "outcome": self.outcome,
            "comment": self.comment,
            "reviewer": self.reviewer,
            "at": self.at,
            "reason": self.reason,
            "expected": self.expected,
            "reply": self.reply,
            "proposal": dict(self.proposal),
            "replay": self.replay,
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> "Feedback":
        """Back from a shard."""
        return Feedback(**value)
