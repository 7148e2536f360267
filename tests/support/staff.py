"""Staff's words on the record, as `ingest` would leave them, for tests of what comes after."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.feedback.shards import render_shards
from fixloop.hints.ids import content_id
from fixloop.pipeline.compile import compile_pipeline
from fixloop.pipeline.ticket import Ticket
from fixloop.ports.cache import NoCache
from fixloop.wiring import build_desk
from fixloop.workspace.load import load_workspace


def record_words(folder: Path, rows: Sequence[Mapping[str, Any]]) -> list[Feedback]:
    """Each row's text is proposed an answer, and what staff said of it goes on `fixloop/state`."""
    desk = build_desk(str(folder), lambda _: None)
    pipeline = compile_pipeline(load_workspace(desk.work_tree()), NoCache())
    tickets = [Ticket(f"T-{number}", row["text"]) for number, row in enumerate(rows, 1)]
    proposals = pipeline.propose(tickets)
    words = [
        Feedback(
            id=content_id("fb", ticket.id),
            source="native",
            ticket=ticket.to_json(),
            outcome=row.get("outcome", "rejected"),
            comment=row.get("comment", ""),
            reviewer=f"staff-{number}",
            at=f"2026-11-{number:02d}T09:12:00Z",
            reason=row.get("reason"),
            expected=row.get("expected"),
            proposal=proposal.to_json(),
        )
        for number, (ticket, row, proposal) in enumerate(zip(tickets, rows, proposals, strict=True), 1)
    ]
    desk.state.add(render_shards(words, "2026-11", "ingest-1"), "ingest")
    return words
