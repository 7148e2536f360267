"""Intent: a text has one right leaf, `other` and `<parent>.other` among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fixloop.evals.case import Case
from fixloop.evals.result import FAIL, PASS, CaseResult
from fixloop.evals.seam import Steps, UnreadableAnswer, judge_batch

if TYPE_CHECKING:
    from fixloop.pipeline.engines import Answer


def run(pipeline: Steps, cases: Sequence[Case]) -> list[CaseResult]:
    """Classify all texts in one batch: features and scores are computed a matrix at a time."""
    return judge_batch(
        cases, lambda some: pipeline.classify_each([case.spec["text"] for case in some]), judge
    )


def judge(case: Case, answer: Answer) -> CaseResult:
    """Right is the one leaf; the raw choice, before thresholds, and its score are kept for the metrics."""
    leaf, raw = answer.leaf, answer.raw_leaf
    if type(leaf) is not str or type(raw) is not str:
        raise UnreadableAnswer(f"a leaf is a text, not {leaf!r}")
    trace = {"raw": raw, "score": answer.scores.get(raw)}
    if leaf == case.spec["expect"]:
        return CaseResult(case, PASS, leaf, trace=trace)
    return CaseResult(case, FAIL, leaf, "intent", trace=trace)
