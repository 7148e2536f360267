"""Plan: given a leaf, fields and selected records, the right branch, reply and tools."""

from collections.abc import Mapping, Sequence
from typing import Any

from fixloop.evals.case import Case
from fixloop.evals.outcome import Planned, first_wrong, planned_parts
from fixloop.evals.result import CaseResult
from fixloop.evals.seam import Steps, judge_each, result_of
from fixloop.pipeline.extraction import fields_from
from fixloop.pipeline.fetch import Fetched, FetchedRecord
from fixloop.pipeline.rows import id_text
from fixloop.pipeline.scope import Scope
from fixloop.pipeline.ticket import Ticket, parse_ticket
from fixloop.workspace.model import LeafId, Row, Workspace


def run(pipeline: Steps, cases: Sequence[Case]) -> list[CaseResult]:
    """Plan each case from what it says was classified, extracted and fetched."""
    return judge_each(
        cases,
        lambda case: pipeline.plan(LeafId(case.spec["leaf"]), scope_of(case, pipeline.workspace)),
        judge,
    )


def judge(case: Case, planned: Planned) -> CaseResult:
    """Right in every part the case names; which parts were right is kept for the metrics."""
    parts = list(planned_parts(case.expect, planned))
    got = {part.name: part.got for part in parts}
    return result_of(case, first_wrong(parts), got, {part.name: not part.step for part in parts})


def scope_of(case: Case, workspace: Workspace) -> Scope:
    """What the plan step sees; a case that says nothing of scores has just reached the threshold."""
    spec = case.spec
    groups: dict[str, Mapping[str, Any]] = {rule.group: {} for rule in workspace.extraction}
    return Scope(_ticket(case), fields_from(spec.get("fields", {})), _fetched(spec, workspace), groups)


def _ticket(case: Case) -> Ticket:
    said = case.spec.get("ticket", {})
    text = {} if "messages" in said else {"text": ""}
    return parse_ticket({"id": case.id, **text, **said})


def _fetched(spec: Mapping[str, Any], workspace: Workspace) -> Fetched:
    rows: Sequence[Row] = spec.get("records", ())
    scores = spec.get("fetched", {})
    top = scores.get("top_score", workspace.fetch.threshold if rows else 0.0)
    margin = scores.get("margin", top if len(rows) == 1 else 0.0)
    records = tuple(FetchedRecord(_id(row, at, workspace), top, (), row) for at, row in enumerate(rows))
    return Fetched(records, records, top, margin)


def _id(row: Row, at: int, workspace: Workspace) -> str:
    """The row's own id by whichever source's id column it has; a made-up one serves a row without."""
    ids = (id_text(row.get(source.id)) for source in workspace.fetch.sources.values())
    return next((one for one in ids if one), f"record {at + 1}")
