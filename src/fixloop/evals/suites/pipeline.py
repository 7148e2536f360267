"""Pipeline and known_good: a ticket in, the outcome out, and the step that first went wrong."""

from collections.abc import Sequence

from fixloop.evals.case import Case
from fixloop.evals.outcome import first_wrong, proposed_parts, way
from fixloop.evals.result import CaseResult
from fixloop.evals.seam import Judge, Steps, UnreadableAnswer, judge_batch, result_of, rows_of
from fixloop.pipeline.fixture import NOT_FORCED, Fixture
from fixloop.pipeline.proposal import Proposal
from fixloop.pipeline.ticket import Ticket, parse_ticket


def judge(case: Case, proposal: Proposal) -> CaseResult:
    """Right in every part the case names; a proposal made without one of its engines is none."""
    if proposal.failure is not None:
        raise UnreadableAnswer(proposal.failure)
    parts = list(proposed_parts(case.expect, proposal, case.spec.get("exact", False)))
    got = {part.name: part.got for part in parts}
    return result_of(case, first_wrong(parts), got, {"way": way(proposal.leaf, proposal.trace.trail)})


def run(pipeline: Steps, cases: Sequence[Case], judge: Judge[Proposal] = judge) -> list[CaseResult]:
    """Answer all tickets; those that bring their rows are replayed on them, the others use the sources."""
    live = [case for case in cases if rows_of(case) is None]
    fixed = [case for case in cases if rows_of(case) is not None]
    return [
        *judge_batch(live, lambda some: pipeline.propose([ticket_of(case) for case in some]), judge),
        *judge_batch(
            fixed, lambda some: pipeline.replay_many([(fixture_of(case), NOT_FORCED) for case in some]), judge
        ),
    ]


def ticket_of(case: Case) -> Ticket:
    """The case's ticket."""
    return parse_ticket(case.spec["ticket"])


def fixture_of(case: Case) -> Fixture:
    """The case's ticket with its rows; values are extracted from the text."""
    rows = {source: tuple(found) for source, found in (rows_of(case) or {}).items()}
    return Fixture(ticket_of(case), None, rows)
