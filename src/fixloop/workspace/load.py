"""A snapshot as a workspace: every file read, every reference checked, every problem told at once."""

from dataclasses import dataclass

from fixloop.workspace.check import check_references
from fixloop.workspace.invalid import WorkspaceInvalid
from fixloop.workspace.model import Config, FetchRules, IntentDag, Problem, Workspace
from fixloop.workspace.parts import Parts, read_parts
from fixloop.workspace.problems import in_order
from fixloop.workspace.snapshot import Snapshot

__all__ = ["Inspection", "WorkspaceInvalid", "inspect_workspace", "load_workspace"]


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
