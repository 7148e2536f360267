"""Where evals meet a pipeline: what they ask of it, and the one place that survives its crashes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from fixloop.evals.case import Case
from fixloop.evals.expect import FieldValues
from fixloop.evals.result import FAIL, PASS, UNSCORED, CaseResult
from fixloop.pipeline.engines import EngineFailure
from fixloop.workspace.model import Row

if TYPE_CHECKING:
    from fixloop.pipeline.engines import Answer
    from fixloop.pipeline.fetch import Fetched, Fields, Rows
    from fixloop.pipeline.fixture import Fixture, Forced
    from fixloop.pipeline.plan import Planned
    from fixloop.pipeline.proposal import Proposal
    from fixloop.pipeline.ticket import Ticket

Given = TypeVar("Given")
Judge = Callable[[Case, Given], CaseResult]
"""An answer held against its case."""

_ERROR_LENGTH = 500


class Steps(Protocol):
    """The compiled pipeline as evals see it: each step alone, and all of them."""

    @property
    def intent_version(self) -> str:
        """The intent engine and its version."""
        ...

    def classify_each(self, texts: Sequence[str]) -> Sequence[Answer | EngineFailure]:
        """The leaf of each text, or why the engine gave none."""
        ...

    def extract(self, text: str, rows: Rows | None = None) -> Fields:
        """The values in a text; `rows` replace the sources, and the vocabularies built from them."""
        ...

    def fetch(self, fields: FieldValues, rows: Rows | None = None) -> Fetched:
        """The records the values name."""
        ...

    def plan(
        self,
        leaf: str,
        fields: FieldValues,
        records: Sequence[Row],
        ticket: Ticket | None = None,
        *,
        fetched: Mapping[str, float] | None = None,
    ) -> Planned:
        """The branch, reply and tools for given values and selected records."""
        ...

    def propose(self, tickets: Sequence[Ticket]) -> Sequence[Proposal]:
        """All four steps, on live sources."""
        ...

    def replay_many(self, fixtures: Sequence[tuple[Fixture, Forced]]) -> Sequence[Proposal]:
        """All four steps, on each fixture's rows."""
        ...


class UnreadableAnswer(Exception):
    """An engine answered with something that is no answer of its step."""


def judge_each(
    cases: Sequence[Case], answer: Callable[[Case], Given | Exception], judge: Judge[Given]
) -> list[CaseResult]:
    """Ask and judge one case after another; a crash leaves its own case unscored and no other."""
    results: list[CaseResult] = []
    for case in cases:
        try:
            given = answer(case)
            if isinstance(given, Exception):  # how the pipeline hands on the failure of one text of many
                raise given
            results.append(judge(case, given))
        except (Exception, SystemExit) as error:  # an engine that exits has not answered either
            results.append(_unscored(case, error))
    return results


def judge_batch(
    cases: Sequence[Case],
    answer_all: Callable[[Sequence[Case]], Sequence[Given | Exception]],
    judge: Judge[Given],
) -> list[CaseResult]:
    """Ask for all cases at once; a batch that crashes or loses count is asked case by case."""
    try:
        answers = answer_all(cases) if cases else ()
        complete = len(answers) == len(cases)
    except (Exception, SystemExit):
        complete = False
    if not complete:
        return judge_each(cases, lambda case: _only(answer_all([case])), judge)
    paired = iter(answers)
    return judge_each(cases, lambda _case: next(paired), judge)


def result_of(case: Case, step: str, got: Any, trace: Mapping[str, Any] | None = None) -> CaseResult:
    """A pass where no step went wrong, else a fail at that step."""
    return CaseResult(case, FAIL if step else PASS, got, step, trace=trace or {})


def rows_of(case: Case) -> Mapping[str, Sequence[Mapping[str, Any]]] | None:
    """The rows that replace the live sources, or None where the case brings none."""
    rows: Mapping[str, Sequence[Mapping[str, Any]]] | None = case.spec.get("rows")
    return rows


def _only(answers: Sequence[Given]) -> Given:
    if len(answers) != 1:
        raise UnreadableAnswer(f"{len(answers)} answers to one question")
    return answers[0]


def _unscored(case: Case, error: BaseException) -> CaseResult:
    if isinstance(error, EngineFailure):  # its message counts texts, and a case's result knows no other case
        text = f"{error.engine}: {error.detail}"
    else:
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return CaseResult(case, UNSCORED, error=text[:_ERROR_LENGTH])
