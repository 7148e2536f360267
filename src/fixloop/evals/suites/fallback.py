"""Fallback: the golden set of tickets that no leaf fits, and what is then proposed.

Judged as a pipeline case; a case that does not say so still expects one of the `other` leaves, or else it
would pass on a plan tree's answer and say nothing of the fallback.
"""

from collections.abc import Sequence

from fixloop.evals.case import Case
from fixloop.evals.result import CaseResult
from fixloop.evals.seam import Steps, result_of
from fixloop.evals.suites import pipeline as end_to_end
from fixloop.pipeline.proposal import Proposal
from fixloop.workspace.model import is_other


def run(pipeline: Steps, cases: Sequence[Case]) -> list[CaseResult]:
    """Answer all tickets as the pipeline suite does."""
    return end_to_end.run(pipeline, cases, judge)


def judge(case: Case, proposal: Proposal) -> CaseResult:
    """Right in every part the case names, and answered by the fallback."""
    result = end_to_end.judge(case, proposal)
    if "leaf" in case.expect or is_other(proposal.leaf) or result.step == "intent":
        return result
    return result_of(case, "intent", {"leaf": proposal.leaf, **result.got}, result.trace)
