"""Stored tickets, answered again on their fixtures: what diagnosis, dry run and drift all look at."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from fixloop.feedback.model import Feedback
from fixloop.pipeline.compile import Forced, Pipeline
from fixloop.pipeline.memo import Memo
from fixloop.pipeline.proposal import Outcome, Proposal
from fixloop.pipeline.ways import Ways


def distinct_tickets(feedback: Sequence[Feedback]) -> tuple[Feedback, ...]:
    """One replayable piece of feedback a ticket text, the first by id."""
    by_text: dict[str, Feedback] = {}
    for one in sorted(feedback, key=lambda one: one.id):
        if one.replay == "exact":
            by_text.setdefault(one.text_digest, one)
    return tuple(by_text.values())


def recent(feedback: Sequence[Feedback], days: int) -> tuple[Feedback, ...]:
    """The feedback of the last days before the newest piece: the record's own clock, so no run differs."""
    newest = max((one.moment for one in feedback), default="")
    if not newest:
        return tuple(feedback)
    first = _days_before(newest, days)
    return tuple(one for one in feedback if not one.moment or one.moment >= first)


def _days_before(moment: str, days: int) -> str:
    """That moment, or "" where no calendar goes back so far."""
    try:
        return (datetime.fromisoformat(moment) - timedelta(days=days)).isoformat()
    except OverflowError:
        return ""


def replay_all(pipeline: Pipeline, feedback: Sequence[Feedback]) -> Mapping[str, Proposal]:
    """Feedback id to the proposal its ticket gets on its fixture."""
    proposals = pipeline.replay_many([(one.fixture, Forced()) for one in feedback])
    return {one.id: proposal for one, proposal in zip(feedback, proposals, strict=True)}


def replay_outcomes(pipeline: Pipeline, feedback: Sequence[Feedback], memo: Memo) -> Mapping[str, Outcome]:
    """Feedback id to the outcome its ticket gets on its fixture; what earlier runs know is not asked."""
    ways = Ways(memo, pipeline)
    keys = [_fixture_key(one) for one in feedback]
    scopes = ways.scopes(keys, lambda n: feedback[n].fixture.ticket.customer_text, [False] * len(keys))
    found: dict[str, Outcome] = {}
    missing: list[int] = []
    for place, (one, key, scope) in enumerate(zip(feedback, keys, scopes, strict=True)):
        kept = None if scope is None else memo.pack(scope).known.get(key)
        if kept is None:
            missing.append(place)
        else:
            leaf, branch, records, *said = kept
            found[one.id] = Outcome(leaf, branch, tuple(records), *said)
    asked = [feedback[place] for place in missing]
    ways.tell({keys[place]: feedback[place].fixture.ticket.customer_text for place in missing})
    proposals = replay_all(pipeline, asked)
    for place in missing:
        proposal, scope = proposals[feedback[place].id], scopes[place]
        found[feedback[place].id] = outcome = proposal.outcome
        if scope is not None and proposal.failure is None:
            memo.pack(scope).add({keys[place]: [*outcome[:2], list(outcome.records), *outcome[3:]]})
    memo.save()
    return {one.id: found[one.id] for one in feedback}


def _fixture_key(one: Feedback) -> str:
    """All that a replay is given: the ticket, the recorded fields and rows."""
    given = [one.ticket, one.proposal.get("fields"), one.proposal.get("rows")]
    text = json.dumps(given, ensure_ascii=True, separators=(",", ":"))
    return f"ticket {hashlib.sha256(text.encode()).hexdigest()[:32]}"


def place_of(proposal: Proposal | Outcome) -> str:
    """`leaf/branch`, the name moves are declared by."""
    return f"{proposal.leaf}/{proposal.branch or 'fallback'}"
