"""Results of earlier runs: a case is asked again only where what its step reads, or the case, has changed.

The notion is `StepDigests`: a plan case is kept under its leaf's tree, an extraction or fetch case under the
rules (and the records, unless it brings rows), an intent case under the model. A case of a whole ticket is
kept twice: which leaf its text reaches, under the model; and its result, under all that is read on the way
from there. So after one added example texts are classified anew, and what follows only where an answer moved.

An unscored case is never kept: it has no answer, and the next run may find one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from fixloop.evals.case import Case
from fixloop.evals.result import FAIL, PASS, CaseResult
from fixloop.evals.seam import rows_of
from fixloop.pipeline.compile import Pipeline
from fixloop.pipeline.engines import EngineFailure, GivenAnswer
from fixloop.pipeline.memo import Memo, Pack
from fixloop.pipeline.reads import digest
from fixloop.pipeline.ticket import parse_ticket

_OUTCOMES = (PASS, FAIL)
_STEP_SUITES = frozenset({"intent", "extraction", "fetch", "plan"})

_KeptAnswer = list[Any]
"""Step one's answer as JSON: leaf, raw leaf, path, scores."""


class Recalled(NamedTuple):
    """The results that are known, the cases that must be asked, and the scope of each of those by id."""

    results: list[CaseResult]
    missing: list[Case]
    scopes: Mapping[str, str]


class ResultMemo:
    """The kept results of one pipeline.

    They are kept under the pipeline's `reads`; a pipeline that only looks like another one (a planted fault)
    must not be given the other's memo.
    """

    def __init__(self, memo: Memo, pipeline: Pipeline) -> None:
        self._memo = memo
        self._pipeline = pipeline
        self._reads = pipeline.reads

    def recall(self, suite: str, cases: Sequence[Case]) -> Recalled:
        """The cases' kept results, and what has none."""
        results: list[CaseResult] = []
        missing: list[Case] = []
        scopes: dict[str, str] = {}
        known: dict[str, Mapping[str, Any]] = {}
        for case, scope in zip(cases, self._scopes(suite, cases), strict=True):
            if scope is None:
                missing.append(case)
                continue
            if scope not in known:
                known[scope] = self._memo.pack(scope).known
            kept = known[scope].get(_key(case))
            found = None if kept is None else _result(case, kept)
            if found is None:
                missing.append(case)
                scopes[case.id] = scope
            else:
                results.append(found)
        if suite not in _STEP_SUITES:
            self._tell(missing)
        return Recalled(results, missing, scopes)

    def keep(self, asked: Recalled, results: Sequence[CaseResult]) -> None:
        """Keep the results of what had to be asked."""
        found: dict[str, dict[str, Any]] = {}
        for result in results:
            scope = asked.scopes.get(result.id)
            if scope is not None and result.outcome in _OUTCOMES:
                found.setdefault(scope, {})[_key(result.case)] = _kept(result)
        for scope, values in found.items():
            self._memo.pack(scope).add(values)

    def save(self) -> None:
        """Write what is new."""
        self._memo.save()

    # --- scopes: where a case's result is kept, None where it is not ------------------------------------

    def _scopes(self, suite: str, cases: Sequence[Case]) -> Sequence[str | None]:
        of: Callable[[Case], str | None] | None = {
            "intent": lambda case: self._reads.intent,
            "extraction": lambda case: self._reads.extraction(rows_of(case) is None),
            "fetch": lambda case: self._reads.fetch(rows_of(case) is None),
            "plan": self._plan_scope,
        }.get(suite)
        return self._way_scopes(cases) if of is None else list(map(of, cases))

    def _plan_scope(self, case: Case) -> str:
        spec = case.spec
        scored = not spec.get("records") or "top_score" in spec.get("fetched", ())
        return self._reads.tree(spec["leaf"], threshold=not scored)

    def _way_scopes(self, cases: Sequence[Case]) -> Sequence[str | None]:
        made: dict[tuple[str, tuple[str, ...], bool], str | None] = {}
        scopes: list[str | None] = []
        for case, answer in zip(cases, self._answers(cases), strict=True):
            if answer is None:
                scopes.append(None)
                continue
            key = (answer[0], tuple(answer[2]), rows_of(case) is None)
            if key not in made:
                made[key] = self._reads.way(*key)
            scopes.append(made[key])
        return scopes

    def _answers(self, cases: Sequence[Case]) -> Sequence[_KeptAnswer | None]:
        """Step one's word on each case's text; None where it failed."""
        pack = self._answer_pack
        if pack is None:
            return [None] * len(cases)
        new = [case for case in cases if _key(case) not in pack.known]
        found: dict[str, _KeptAnswer] = {}
        if new:
            try:
                answers = self._pipeline.classify_each([_text(case) for case in new])
            except (
                Exception,
                SystemExit,
            ):  # the cases are asked one by one then, and each says what happened
                return [None] * len(cases)
            for case, answer in zip(new, answers, strict=True):
                if not isinstance(answer, EngineFailure):
                    found[_key(case)] = [
                        answer.leaf,
                        answer.raw_leaf,
                        list(answer.path),
                        dict(answer.scores),
                    ]
            pack.add(found)
        return [pack.known.get(key) or found.get(key) for key in map(_key, cases)]

    @property
    def _answer_pack(self) -> Pack | None:
        intent = self._reads.intent
        return None if intent is None else self._memo.pack(digest("answers", intent))

    def _tell(self, cases: Sequence[Case]) -> None:
        """Spare the pipeline classifying what it is asked again for the sake of later steps."""
        pack = self._answer_pack
        if pack is not None:
            kept = ((case, pack.known.get(_key(case))) for case in cases)
            self._pipeline.tell(
                {
                    _text(case): GivenAnswer(leaf, raw, tuple(path), scores)
                    for case, answer in kept
                    if answer
                    for leaf, raw, path, scores in [answer]
                }
            )


def _key(case: Case) -> str:
    # The id beside the question: a template may write the ticket's, and a plan case's ticket has the case's.
    return f"{case.digest} {case.id}"


def _text(case: Case) -> str:
    return parse_ticket(case.spec["ticket"]).customer_text


def _kept(result: CaseResult) -> list[Any]:
    return [result.outcome, result.got, result.step, dict(result.trace)]


def _result(case: Case, kept: Any) -> CaseResult | None:
    """A kept result as it was; None for what no run has written."""
    if type(kept) is not list or len(kept) != 4 or kept[0] not in _OUTCOMES:
        return None
    outcome, got, step, trace = kept
    return CaseResult(case, outcome, got, step, trace=trace)
