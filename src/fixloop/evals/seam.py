"""Where evals meet a pipeline: what they ask of it, and the one place that survives its crashes."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from fixloop.evals.case import Case
from fixloop.evals.expect import FieldValues
from fixloop.evals.outcome import HasId, Planned, Proposed
from fixloop.evals.result import FAIL, NOTHING, PASS, UNSCORED, CaseResult
from fixloop.workspace.model import LeafId, Workspace

if TYPE_CHECKING:
    from fixloop.pipeline.compile import Fixture, Forced
    from fixloop.pipeline.fetch import Rows
    from fixloop.pipeline.scope import Scope
    from fixloop.pipeline.ticket import Ticket

Answer = TypeVar("Answer")
Judge = Callable[[Case, Answer], CaseResult]
"""An answer held against its case."""

_ERROR_LENGTH = 500


class IntentLike(Protocol):
    """The first step's answer to one text."""

    @property
    def leaf(self) -> str:
        """The leaf after thresholds."""
        ...

    @property
    def raw_leaf(self) -> str:
        """The leaf before thresholds."""
        ...


class FetchedLike(Protocol):
    """The third step's answer."""

    @property
    def records(self) -> Sequence[HasId]:
        """The selected records."""
        ...

    @property
    def top_score(self) -> float:
        """The best candidate's score."""
        ...

    @property
    def margin(self) -> float:
        """How far the runner-up is behind."""
        ...


class Steps(Protocol):
    """The compiled pipeline as evals see it: each step alone, and all of them."""

    @property
    def workspace(self) -> Workspace:
        """What it was compiled from."""
        ...

    def classify(self, texts: Sequence[str]) -> Sequence[IntentLike]:
        """The leaf of each text."""
        ...

    def extract(self, text: str, rows: Rows | None = None) -> FieldValues:
        """The values in a text; `rows` replace the sources, and the vocabularies built from them."""
        ...

    def fetch(self, fields: FieldValues, rows: Rows | None = None) -> FetchedLike:
        """The records the values name."""
        ...

    def plan(self, leaf: LeafId, scope: Scope) -> Planned:
        """The branch, reply and tools."""
        ...

    def propose(self, tickets: Sequence[Ticket]) -> Sequence[Proposed]:
        """All four steps, on live sources."""
        ...

    def replay_many(self, fixtures: Sequence[tuple[Fixture, Forced]]) -> Sequence[Proposed]:
        """All four steps, on each fixture's rows."""
        ...


class UnreadableAnswer(Exception):
    """An engine answered with something that is no answer of its step."""


def judge_each(
    cases: Sequence[Case], answer: Callable[[Case], Answer], judge: Judge[Answer]
) -> list[CaseResult]:
    """Ask and judge one case after another; a crash leaves its own case unscored and no other."""
    results: list[CaseResult] = []
    for case in cases:
        try:
            results.append(judge(case, answer(case)))
        except (Exception, SystemExit) as error:  # an engine that exits has not answered either
            results.append(_unscored(case, error))
    return results


def judge_batch(
    cases: Sequence[Case],
    answer_all: Callable[[Sequence[Case]], Sequence[Answer]],
    judge: Judge[Answer],
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


def result_of(case: Case, step: str, got: Any, trace: Mapping[str, Any] = NOTHING) -> CaseResult:
    """A pass where no step went wrong, else a fail at that step."""
    return CaseResult(case, FAIL if step else PASS, got, step, trace=trace)


def rows_of(case: Case) -> Mapping[str, Sequence[Mapping[str, Any]]] | None:
    """The rows that replace the live sources, or None where the case brings none."""
    rows: Mapping[str, Sequence[Mapping[str, Any]]] | None = case.spec.get("rows")
    return rows


def _only(answers: Sequence[Answer]) -> Answer:
    if len(answers) != 1:
        raise UnreadableAnswer(f"{len(answers)} answers to one question")
    return answers[0]


def _unscored(case: Case, error: BaseException) -> CaseResult:
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return CaseResult(case, UNSCORED, error=text[:_ERROR_LENGTH])
