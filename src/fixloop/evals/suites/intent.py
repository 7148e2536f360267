"""Intent: a text has one right leaf, `other` and `<parent>.other` among them."""

from collections.abc import Sequence

from fixloop.evals.case import Case
from fixloop.evals.result import FAIL, PASS, CaseResult
from fixloop.evals.seam import IntentLike, Steps, UnreadableAnswer, judge_batch


def run(pipeline: Steps, cases: Sequence[Case]) -> list[CaseResult]:
    """Classify all texts in one batch: features and scores are computed a matrix at a time."""
    return judge_batch(cases, lambda some: pipeline.classify([case.spec["text"] for case in some]), judge)


def judge(case: Case, answer: IntentLike) -> CaseResult:
    """Right is the one leaf; the raw choice, before thresholds, is kept for the metrics."""
    leaf, raw = answer.leaf, answer.raw_leaf
    if type(leaf) is not str or type(raw) is not str:
        raise UnreadableAnswer(f"a leaf is a text, not {leaf!r}")
    if leaf == case.spec["expect"]:
        return CaseResult(case, PASS, leaf, trace={"raw": raw})
    return CaseResult(case, FAIL, leaf, "intent", trace={"raw": raw})
