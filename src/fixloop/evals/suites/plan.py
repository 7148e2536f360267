"""Plan: given a leaf, fields and selected records, the right branch, reply and tools."""

from collections.abc import Sequence

from fixloop.evals.case import Case
from fixloop.evals.expect import all_called
from fixloop.evals.outcome import first_wrong, planned_parts, unrendered, way
from fixloop.evals.result import CaseResult
from fixloop.evals.seam import Steps, judge_each, result_of
from fixloop.pipeline.plan import Planned
from fixloop.pipeline.ticket import Ticket, parse_ticket


def run(pipeline: Steps, cases: Sequence[Case]) -> list[CaseResult]:
    """Plan each case from what it says was classified, extracted and fetched."""
    return judge_each(cases, lambda case: _ask(pipeline, case), judge)


def judge(case: Case, planned: Planned) -> CaseResult:
    """Right in every part the case names; the parts that were and the way there are kept for the metrics."""
    parts = list(planned_parts(case.expect, planned, unrendered(planned.trail, planned, planned.notes)))
    got = {part.name: part.got for part in parts}
    right = {part.name: not part.step for part in parts}
    asked = [tool for tool in case.expect.get("tools", ()) if not isinstance(tool, str) and tool.get("args")]
    if asked:
        right["arguments"] = all_called(asked, planned.tools)
    return result_of(case, first_wrong(parts), got, {**right, "way": way(case.spec["leaf"], planned.trail)})


def _ask(pipeline: Steps, case: Case) -> Planned:
    spec = case.spec
    fields, records = spec.get("fields", {}), spec.get("records", ())
    return pipeline.plan(spec["leaf"], fields, records, ticket_for(case), fetched=spec.get("fetched"))


def ticket_for(case: Case) -> Ticket:
    """A ticket of which only what the case says is known."""
    said = case.spec.get("ticket", {})
    text = {} if "messages" in said else {"text": ""}
    return parse_ticket({"id": case.id, **text, **said})
