"""A snapshot as a workspace: every file read, every reference checked, every problem told at once."""

from dataclasses import dataclass

from fixloop.errors import FixloopError
from fixloop.workspace.check import check_references
from fixloop.workspace.model import Config, FetchRules, IntentDag, Problem, Workspace
from fixloop.workspace.parts import Parts, read_parts
from fixloop.workspace.problems import in_order
from fixloop.workspace.snapshot import Snapshot

_TOLD = 5


@dataclass(frozen=True, slots=True)
class Inspection:
    """What `check` sees: the workspace unless an error stands in its way, and all problems by place."""

    workspace: Workspace | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop everything."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that stop nothing."""
        return tuple(problem for problem in self.problems if problem.severity != "error")


class WorkspaceInvalid(FixloopError):
    """A workspace with errors: nothing runs until they are mended."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        told = "".join(f"\n  {problem.place}: {problem.message}" for problem in problems[:_TOLD])
        more = f"\n  and {len(problems) - _TOLD} more" if len(problems) > _TOLD else ""
        count = f"{len(problems)} error{'' if len(problems) == 1 else 's'}"
        super().__init__(
            f"the workspace has {count}:{told}{more}",
            mend="run `fixloop check` for all of them and how to mend each",
        )
        self.problems = problems


def load_workspace(snapshot: Snapshot) -> Workspace:
    """The workspace of a snapshot.

    Raises:
        WorkspaceInvalid: with every error there is.
    """
    inspection = inspect_workspace(snapshot)
    if inspection.workspace is None:
        raise WorkspaceInvalid(inspection.errors)
    return inspection.workspace


def inspect_workspace(snapshot: Snapshot) -> Inspection:
    """The workspace of a snapshot if it is sound, and every problem; eval cases are not looked at here."""
    parts = read_parts(snapshot)
    problems = in_order((*parts.problems, *check_references(parts)))
    sound = all(problem.severity != "error" for problem in problems)
    return Inspection(_workspace(parts) if sound else None, problems)


def _workspace(parts: Parts) -> Workspace:
    trees = [part.value for part in parts.plan_trees if part.value is not None]
    return Workspace(
        config=parts.config.value or Config(),
        intents=parts.intents.value or IntentDag((), {}),
        examples={leaf: part.examples for leaf, part in parts.examples.items()},
        extraction=parts.extraction.value or (),
        fetch=parts.fetch.value or FetchRules(),
        plan_trees={tree.leaf: tree for tree in trees},
        templates=parts.templates.value or {},
        tools=parts.tools.value or {},
        records={source: part.rows for source, part in parts.records.items()},
    )
