"""Results of earlier runs: a case is asked again only where what its step reads, or the case, has changed.

The notion is `StepDigests`: a plan case is kept under its leaf's tree, an extraction or fetch case under the
rules (and the records, unless it brings rows), an intent case under the model. A case of a whole ticket is
kept by its way (`Ways`): after one added example texts are classified anew, and what follows is asked only
where an answer moved.

An unscored case is never kept: it has no answer, and the next run may find one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from fixloop.evals.case import Case
from fixloop.evals.result import FAIL, PASS, CaseResult
from fixloop.evals.seam import rows_of
from fixloop.pipeline.compile import Pipeline
from fixloop.pipeline.memo import Memo
from fixloop.pipeline.ticket import parse_ticket
from fixloop.pipeline.ways import Ways

_OUTCOMES = (PASS, FAIL)
_STEP_SUITES = frozenset({"intent", "extraction", "fetch", "plan"})


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
        self._reads = pipeline.reads
        self._ways = Ways(memo, pipeline)

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
            self._ways.tell({_key(case): _text(case) for case in missing})
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
        return self._ways.scopes(
            [_key(case) for case in cases],
            lambda place: _text(cases[place]),
            lambda place: rows_of(cases[place]) is None,
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
