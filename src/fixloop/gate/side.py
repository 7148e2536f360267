"""One side of the comparison: a snapshot, loaded and compiled once, measured on the base's cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from fixloop.evals.case import CaseSet
from fixloop.evals.cases import load_cases, read_cases
from fixloop.evals.memo import ResultMemo
from fixloop.evals.result import EvalReport
from fixloop.evals.run import evaluate
from fixloop.evals.seam import Steps
from fixloop.feedback.model import Feedback
from fixloop.feedback.replays import replay_outcomes
from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.pipeline.memo import Memo
from fixloop.pipeline.proposal import Outcome
from fixloop.ports.cache import Cache
from fixloop.workspace.model import Problem, Workspace
from fixloop.workspace.snapshot import Snapshot, below
from fixloop.workspace.stored import load_stored


@dataclass(frozen=True)
class Side:
    """A snapshot with everything that can be known of it; each part is made when first asked for.

    Sides that share a `memo` share the results of cases that read the same on both. `near` is a snapshot that
    this one differs little from: only the difference is read.
    """

    snapshot: Snapshot
    cache: Cache
    odd_modes: Mapping[str, str]
    memo: Memo | None = None
    near: Snapshot | None = None

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace.

        Raises:
            WorkspaceInvalid: it has errors.
        """
        return load_stored(self.snapshot, self.cache, self.near)

    @cached_property
    def pipeline(self) -> Pipeline:
        """The compiled pipeline."""
        return compile_pipeline(self.workspace, self.cache)

    @cached_property
    def cases(self) -> CaseSet:
        """The cases.

        Raises:
            CasesInvalid: one cannot be read.
        """
        return load_cases(self.snapshot, cache=self.cache)

    @cached_property
    def case_problems(self) -> tuple[Problem, ...]:
        """What is wrong with case files."""
        return tuple(
            problem
            for problem in read_cases(self.snapshot, cache=self.cache).problems
            if problem.severity == "error"
        )

    def evaluate(self, cases: CaseSet) -> EvalReport:
        """The side's pipeline, judged by some cases; what is known of it is not asked again."""
        lately = self._lately
        if lately and lately[0][0] is cases:
            return lately[0][1]
        report = evaluate(self.pipeline, cases, memo=self._results)
        if not lately or len(cases) >= len(lately[0][0]):
            lately[:] = [(cases, report)]
        return report

    def replay(self, stored: Sequence[Feedback]) -> Mapping[str, Outcome]:
        """What stored tickets get on this side, by feedback id."""
        return replay_outcomes(self.pipeline, stored, self._memo)

    @cached_property
    def _memo(self) -> Memo:
        return self.memo or Memo(self.cache)

    @cached_property
    def _lately(self) -> list[tuple[CaseSet, EvalReport]]:
        """The largest set that was judged, and its report: several checks ask for it."""
        return []

    @cached_property
    def _results(self) -> ResultMemo:
        return ResultMemo(self._memo, self.pipeline)

    @staticmethod
    def evaluate_with(pipeline: Steps, cases: CaseSet) -> EvalReport:
        """Another pipeline, judged the same way; nothing is known of it."""
        return evaluate(pipeline, cases)


def judged_by_base(base: Snapshot, result: Snapshot) -> Snapshot:
    """The result with the base's judge laid over it: its configuration and every case file it has.

    A branch is judged; it never brings its own judge. Case files that only the result has stay.
    """
    return _Judged(base, result, frozenset({"fixloop.yaml", *below(base, "evals")}))


class _Judged(NamedTuple):
    """The result, but for the paths that the base answers for; nothing is read before it is asked for."""

    base: Snapshot
    result: Snapshot
    judging: frozenset[str]

    def paths(self) -> list[str]:
        """Every path, sorted."""
        own = {path for path in self.base.paths() if path in self.judging}
        return sorted(own | {path for path in self.result.paths() if path not in self.judging})

    def read(self, path: str) -> bytes | None:
        """The bytes at a path, or None."""
        return self._side(path).read(path)

    def blob(self, path: str) -> str | None:
        """The git blob id of the bytes at a path, or None."""
        return self._side(path).blob(path)

    def _side(self, path: str) -> Snapshot:
        return self.base if path in self.judging else self.result
