"""`spec`: a hint as a written specification, for whoever writes by hand what no operation does."""

from dataclasses import dataclass
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.commands.hints import columns_at
from fixloop.feedback.model import Feedback
from fixloop.fixes.apply import describe
from fixloop.hints.model import Hint
from fixloop.pipeline.proposal import outcome_of
from fixloop.pipeline.ticket import parse_ticket
from fixloop.workspace.columns import NO_COLUMNS, Columns


@dataclass(frozen=True, slots=True)
class Told:
    """One piece of evidence: what the customer wrote, what was proposed, what staff said of it."""

    id: str
    text: str
    proposed: str
    comment: str


@dataclass(frozen=True, slots=True)
class Specification:
    """What should happen, why, and how to know that it does."""

    hint: Hint
    status: str
    evidence: tuple[Told, ...]
    steps: tuple[str, ...]
    columns: Columns = NO_COLUMNS

    def to_json(self) -> dict[str, Any]:
        """`spec --json`."""
        hint = self.hint
        return {
            "id": hint.id,
            "status": self.status,
            "step": hint.step,
            "kind": hint.kind,
            "target": hint.target,
            "summary": hint.summary,
            "evidence": [
                {"id": t.id, "text": t.text, "proposed": t.proposed, "comment": t.comment}
                for t in self.evidence
            ],
            "cases": [dict(case) for case in hint.cases],
            "near_misses": [dict(case) for case in hint.near_misses],
            "edits": list(self.steps),
            "open_work": list(hint.open_work),
        }


def specification(desk: Desk, hint_id: str) -> Specification:
    """One hint, told as work to be done.

    Raises:
        BadInput: there is no such hint.
    """
    ground = desk.ground()
    hint = ground.book.find(hint_id)
    wanted = set(hint.evidence)
    evidence = tuple(_told(one) for one in ground.feedback if one.id in wanted)
    steps = tuple(describe(hint.operations))
    return Specification(hint, ground.book.status(hint.id), evidence, steps, columns_at(desk))


def _told(one: Feedback) -> Told:
    shown = outcome_of(one.proposal)
    place = f"{shown.leaf}/{shown.branch or 'fallback'}"
    return Told(
        one.id, parse_ticket(dict(one.ticket)).customer_text, f"{place}: {shown.template}", one.comment
    )
