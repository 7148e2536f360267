"""Results of earlier runs: a case is asked again only where what its step reads, or the case, has changed.

The notion is `StepDigests`: a plan case is kept under its leaf's tree, an extraction or fetch case under the
rules (and the records, unless it brings rows), an intent case under the model. A case of a whole ticket is
kept by its way (`Ways`): after one added example texts are classified anew, and what follows is asked only
where an answer moved.

An unscored case is never kept: it has no answer, and the next run may find one.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import repeat
from operator import is_
from typing import Any, NamedTuple

from fixloop.evals.case import WHOLE_TICKETS, Case
from fixloop.evals.result import FAIL, PASS, CaseResult, id_of
from fixloop.evals.seam import rows_of
from fixloop.pipeline.compile import Pipeline
from fixloop.pipeline.memo import Memo
from fixloop.pipeline.ticket import parse_ticket
from fixloop.pipeline.ways import Ways

_OUTCOMES = (PASS, FAIL)


class Recalled(NamedTuple):
    """The results that are known, sorted by id; the cases that must be asked, and each one's scope by id."""

    results: Sequence[CaseResult]
    missing: Sequence[Case]
    scopes: Mapping[str, str]


class _Lately(NamedTuple):
    """One side's cases, for each of them its key, its scope and its kept result, or None; all kept, by id."""

    cases: Sequence[Case]
    keys: Sequence[str]
    scopes: Sequence[str | None]
    results: Sequence[CaseResult | None]
    by_id: tuple[CaseResult, ...]


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
        other = self._other_side(suite, cases)
        keys = other.keys if other else [_key(case) for case in cases]
        text = cache(lambda place: _text(cases[place]))
        scopes = self._scopes(suite, cases, keys, text)
        if other and len(other.by_id) == len(cases) and scopes == other.scopes:
            return Recalled(other.by_id, (), {})
        found = self._found(cases, keys, scopes, other)
        by_id = tuple(sorted([result for result in found if result is not None], key=id_of))
        self._memo.lately[suite] = _Lately(cases, keys, scopes, found, by_id)
        missing = [place for place, result in enumerate(found) if result is None]
        if suite in WHOLE_TICKETS:
            self._ways.tell({keys[place]: text(place) for place in missing})
        return Recalled(
            by_id,
            [cases[place] for place in missing],
            {cases[place].id: scope for place in missing if (scope := scopes[place]) is not None},
        )

    def _other_side(self, suite: str, cases: Sequence[Case]) -> _Lately | None:
        """What was recalled last, where it was these very cases: two sides of a merge share most results."""
        lately = self._memo.lately.get(suite)
        if not isinstance(lately, _Lately) or len(lately.cases) != len(cases):
            return None
        return lately if all(map(is_, lately.cases, cases)) else None

    def _found(
        self,
        cases: Sequence[Case],
        keys: Sequence[str],
        scopes: Sequence[str | None],
        other: _Lately | None,
    ) -> list[CaseResult | None]:
        known: dict[str | None, Mapping[str, Any]] = {None: {}}
        theirs = zip(other.scopes, other.results, strict=True) if other else repeat((None, None))
        found: list[CaseResult | None] = []
        for case, key, scope, (their_scope, result) in zip(cases, keys, scopes, theirs):  # noqa: B905  # endless
            if result is None or scope != their_scope:
                if scope not in known:
                    known[scope] = self._memo.pack(scope or "").known
                kept = known[scope].get(key)
                result = None if kept is None else _result(case, kept)
            found.append(result)
        return found

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

    def _scopes(
        self, suite: str, cases: Sequence[Case], keys: Sequence[str], text: Callable[[int], str]
    ) -> Sequence[str | None]:
        if suite == "intent":
            return [self._reads.intent] * len(cases)
        if suite == "plan":
            return self._plan_scopes(cases)
        live = [rows_of(case) is None for case in cases]
        if suite in WHOLE_TICKETS:
            return self._ways.scopes(keys, text, live)
        reads = self._reads.extraction if suite == "extraction" else self._reads.fetch
        scopes = {one: reads(one) for one in set(live)}
        return [scopes[one] for one in live]

    def _plan_scopes(self, cases: Sequence[Case]) -> Sequence[str]:
        made: dict[tuple[str, bool], str] = {}
        scopes = []
        for case in cases:
            spec = case.spec
            scored = not spec.get("records") or "top_score" in spec.get("fetched", ())
            asked = (spec["leaf"], not scored)
            if asked not in made:
                made[asked] = self._reads.tree(*asked)
            scopes.append(made[asked])
        return scopes


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
