"""`check`: every problem of a workspace and its eval cases, with its place and its mend."""

from dataclasses import dataclass
from typing import Any

from fixloop.commands.shelf import Shelf
from fixloop.workspace.model import Problem


@dataclass(frozen=True, slots=True)
class Checked:
    """All problems by place, and what was looked at (where it could be read)."""

    problems: tuple[Problem, ...]
    leaves: int = 0
    cases: int = 0

    @property
    def errors(self) -> int:
        """How many problems stop everything."""
        return sum(problem.severity == "error" for problem in self.problems)

    @property
    def sound(self) -> bool:
        """Whether anything can run."""
        return not self.errors

    def to_json(self) -> dict[str, Any]:
        """`check --json`."""
        return {
            "problems": [_problem_json(problem) for problem in self.problems],
            "errors": self.errors,
            "warnings": len(self.problems) - self.errors,
            "leaves": self.leaves,
            "cases": self.cases,
        }


def check(shelf: Shelf, ref: str | None = None) -> Checked:
    """Look at the work tree, or at a ref; nothing is written."""
    from fixloop.evals.cases import inspect_cases, read_cases
    from fixloop.workspace.load import inspect_workspace

    snapshot = shelf.snapshot(ref)
    inspection = inspect_workspace(snapshot)
    workspace = inspection.workspace
    found = read_cases(snapshot) if workspace is None else inspect_cases(snapshot, workspace)
    problems = sorted((*inspection.problems, *found.problems), key=lambda problem: problem.place)
    leaves = len(workspace.intents.leaves) if workspace else 0
    return Checked(tuple(problems), leaves, len(found.cases))


def _problem_json(problem: Problem) -> dict[str, Any]:
    place = problem.place
    return {
        "severity": problem.severity,
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "message": problem.message,
        "mend": problem.mend,
    }
