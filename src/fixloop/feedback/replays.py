"""Stored tickets, answered again on their fixtures: what diagnosis, dry run and drift all look at."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from fixloop.feedback.model import Feedback
from fixloop.pipeline.compile import Forced, Pipeline
from fixloop.pipeline.proposal import Proposal


def distinct_tickets(feedback: Sequence[Feedback]) -> tuple[Feedback, ...]:
    """One replayable piece of feedback a ticket text, the first by id."""
    by_text: dict[str, Feedback] = {}
    for one in sorted(feedback, key=lambda one: one.id):
        if one.replay == "exact":
            by_text.setdefault(one.text_digest, one)
    return tuple(by_text.values())


def recent(feedback: Sequence[Feedback], days: int) -> tuple[Feedback, ...]:
    """The feedback of the last days before the newest piece: the record's own clock, so no run differs."""
    newest = max((one.at for one in feedback), default="")
    if not newest:
        return tuple(feedback)
    first = (datetime.fromisoformat(newest) - timedelta(days=days)).isoformat()
    return tuple(one for one in feedback if not one.at or one.at[:19] >= first[:19])


def replay_all(pipeline: Pipeline, feedback: Sequence[Feedback]) -> Mapping[str, Proposal]:
    """Feedback id to the proposal its ticket gets on its fixture."""
    proposals = pipeline.replay_many([(one.fixture, Forced()) for one in feedback])
    return {one.id: proposal for one, proposal in zip(feedback, proposals, strict=True)}


def place_of(proposal: Proposal) -> str:
    """`leaf/branch`, the name moves are declared by."""
    return f"{proposal.leaf}/{proposal.branch or 'fallback'}"
