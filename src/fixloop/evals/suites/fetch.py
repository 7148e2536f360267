"""Fetch: given extracted values, exactly the expected records are selected."""

from collections.abc import Sequence

from fixloop.evals.case import Case
from fixloop.evals.expect import records_meet
from fixloop.evals.result import CaseResult
from fixloop.evals.seam import Steps, judge_each, result_of, rows_of
from fixloop.pipeline.fetch import Fetched


def run(pipeline: Steps, cases: Sequence[Case]) -> list[CaseResult]:
    """Look up each case's fields."""
    return judge_each(cases, lambda case: pipeline.fetch(case.spec["fields"], rows_of(case)), judge)


def judge(case: Case, fetched: Fetched) -> CaseResult:
    """Right is the selected set; how clear the choice was is kept for the metrics."""
    ids = [record.id for record in fetched.records]
    over = round(fetched.top_score - fetched.threshold, 9) if fetched.candidates else None
    trace = {"top_score": fetched.top_score, "margin": fetched.margin, "over_threshold": over}
    right = records_meet(case.expect["records"], ids)
    return result_of(case, "" if right else "fetch", {"records": ids}, trace)
