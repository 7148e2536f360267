"""Plan: given a leaf, fields and selected records, the right branch, reply and tools."""

from collections.abc import Sequence

from fixloop.evals.case import Case
from fixloop.evals.outcome import first_wrong, planned_parts, unrendered
from fixloop.evals.result import CaseResult
from fixloop.evals.seam import Steps, judge_each, result_of
from fixloop.pipeline.plan import Planned
from fixloop.pipeline.ticket import Ticket, parse_ticket


def run(pipeline: Steps, cases: Sequence[Case]) -> list[CaseResult]:
    """Plan each case from what it says was classified, extracted and fetched."""
    return judge_each(cases, lambda case: _ask(pipeline, case), judge)


def judge(case: Case, planned: Planned) -> CaseResult:
    """Right in every part the case names; which parts were right is kept for the metrics."""
    parts = list(planned_parts(case.expect, planned, unrendered(planned.trail, planned, planned.notes)))
    got = {part.name: part.got for part in parts}
    return result_of(case, first_wrong(parts), got, {part.name: not part.step for part in parts})


def _ask(pipeline: Steps, case: Case) -> Planned:
    spec = case.spec
    fields, records = spec.get("fields", {}), spec.get("records", ())
    return pipeline.plan(spec["leaf"], fields, records, _ticket(case), fetched=spec.get("fetched"))


def _ticket(case: Case) -> Ticket:
    """A ticket of which only what the case says is known."""
    said = case.spec.get("ticket", {})
    text = {} if "messages" in said else {"text": ""}
    return parse_ticket({"id": case.id, **text, **said})
