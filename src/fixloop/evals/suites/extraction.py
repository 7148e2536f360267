"""Extraction: the expected values are found; values beyond them are welcome unless `exact: true`.

Exact means the whole extraction: no other value of a field, and no other field.
"""

from collections.abc import Sequence

from fixloop.evals.case import Case
from fixloop.evals.expect import fields_meet
from fixloop.evals.result import CaseResult
from fixloop.evals.seam import Steps, judge_each, result_of, rows_of
from fixloop.pipeline.fetch import Fields
from fixloop.pipeline.fixture import fields_json


def run(pipeline: Steps, cases: Sequence[Case]) -> list[CaseResult]:
    """Extract from each text."""
    return judge_each(cases, lambda case: pipeline.extract(case.spec["text"], rows_of(case)), judge)


def judge(case: Case, found: Fields) -> CaseResult:
    """Right is a superset of the expected values."""
    right = fields_meet(case.expect, found, case.spec.get("exact", False))
    return result_of(case, "" if right else "extraction", fields_json(found))
