"""What an evaluation says: a result a case, with three outcomes, and a report a suite."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple, overload

from fixloop.evals.case import Case

PASS, FAIL, UNSCORED = "pass", "fail", "unscored"

Metrics = Mapping[str, Any]
"""Name to number (6 digits), or to a mapping of such."""


class ResultKey(NamedTuple):
    """What a result belongs to; with the digest of all its step reads, it would be the key of a cache."""

    suite: str
    id: str
    digest: str


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class CaseResult(NamedTuple):
    """How one case came out.

    `got` is a JSON value in the shape of the case's `expect`. `step` is where a failing case first went
    wrong. An unscored case (a crash, an answer nobody can read) has `error` instead: it is no low score.
    `trace` is what metrics read beyond `got`.
    """

    case: Case
    outcome: str
    got: Any = None
    step: str = ""
    error: str = ""
    trace: Mapping[str, Any] = _NOTHING

    @property
    def id(self) -> str:
        """The case's id."""
        return self.case.id

    @property
    def expected(self) -> Any:
        """What the case expects."""
        return self.case.expect

    @property
    def key(self) -> ResultKey:
        """Suite, id and what was asked."""
        return ResultKey(self.case.suite, self.case.id, self.case.digest)

    def to_json(self) -> dict[str, Any]:
        """An entry of `failures`, or of `errors` for an unscored case."""
        where = {"id": self.id, "place": str(self.case.place)}
        if self.outcome == UNSCORED:
            return {**where, "error": self.error}
        runs = {key: self.trace[key] for key in ("passes", "of") if "of" in self.trace}
        return {**where, "step": self.step, "expected": self.expected, "got": self.got, **runs}


id_of = attrgetter("case.id")
"""A result's id, to sort thousands by."""


class Packed(Sequence[CaseResult]):
    """Results too many to be held as they are: made again whenever they are read."""

    @abstractmethod
    def with_outcome(self, outcome: str) -> tuple[CaseResult, ...]:
        """The results with one of the three outcomes."""


class Scored(Sequence[CaseResult]):
    """Results without the unscored ones, read as often as is asked and never held."""

    def __init__(self, results: Sequence[CaseResult]) -> None:
        self._results = results
        self._size = sum(result.outcome != UNSCORED for result in results)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[CaseResult]:
        return (result for result in self._results if result.outcome != UNSCORED)

    @overload
    def __getitem__(self, index: int) -> CaseResult: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[CaseResult]: ...
    def __getitem__(self, index: int | slice) -> CaseResult | Sequence[CaseResult]:
        """One result, or some."""
        return list(self)[index]


@dataclass(frozen=True)
class SuiteReport:
    """One suite's results, by id; reports of unlike judges are not comparable."""

    suite: str
    results: Sequence[CaseResult]
    judge: str = ""

    @cached_property
    def metrics(self) -> Metrics:
        """The suite's metrics, worked out when they are read: a gate compares cases and needs none."""
        from fixloop.evals.metrics import metrics_of

        return metrics_of(self.suite, self.results) if self.results else {}

    def with_outcome(self, outcome: str) -> tuple[CaseResult, ...]:
        """The results with one of the three outcomes."""
        if isinstance(self.results, Packed):
            return self.results.with_outcome(outcome)
        return tuple(result for result in self.results if result.outcome == outcome)

    def to_json(self) -> dict[str, Any]:
        """As in `eval --json`; what crashed stands in `errors`, apart from what scored badly."""
        failed, unscored = self.with_outcome(FAIL), self.with_outcome(UNSCORED)
        return {
            "cases": len(self.results),
            "passed": len(self.results) - len(failed) - len(unscored),
            "failed": len(failed),
            "unscored": len(unscored),
            "metrics": dict(self.metrics),
            "failures": [result.to_json() for result in failed],
            "errors": [result.to_json() for result in unscored],
        }


@dataclass(frozen=True, slots=True)
class EvalReport:
    """Every suite that was run, in the order of the steps.

    `executed` is how many cases were asked in this run; the results of the others were known. It is no part
    of the report's content: cold or warm, the same cases give the same report.
    """

    suites: Mapping[str, SuiteReport]
    executed: int = field(default=0, compare=False)

    def __iter__(self) -> Iterator[CaseResult]:
        return (result for report in self.suites.values() for result in report.results)

    @property
    def all_pass(self) -> bool:
        """Whether no case failed and none is unscored."""
        return all(result.outcome == PASS for result in self)

    def to_json(self) -> dict[str, Any]:
        """The `suites` part of `eval --json`."""
        return {suite: report.to_json() for suite, report in self.suites.items()}
