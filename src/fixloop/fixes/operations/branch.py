"""add_branch, remove_branch, move_branch: which branches a plan tree has, and in which order."""

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from pydantic import field_validator, model_validator

from fixloop.errors import BadInput
from fixloop.fixes.branch_edit import PlanEdit
from fixloop.fixes.plan_file import (
    Found,
    canonical_branch,
    find_branches,
    name_of,
    ordered_branch,
    plan_path,
    walk,
)
from fixloop.fixes.typed import ALREADY, Edits, TypedOperation, edits_of
from fixloop.fixes.values import alike
from fixloop.fixes.yaml_file import YamlFile
from fixloop.workspace.model import Workspace
from fixloop.workspace.plan_tree import DEFAULT, parse_branch
from fixloop.workspace.schema import BranchId
from fixloop.workspace.snapshot import Snapshot


class _Goal(NamedTuple):
    """Before which position of which list, and inside which branches that is."""

    siblings: tuple[str | int, ...]
    at: int
    above: tuple[dict[str, Any], ...]


class _Placing(PlanEdit):
    before: BranchId

    def goal(self, file: YamlFile, companions: Sequence[TypedOperation]) -> _Goal:
        """Where `before` says; before no default means at the end."""
        if self.before == DEFAULT and not find_branches(file, DEFAULT):
            return _Goal(("branches",), len(file.get("branches") or []), ())
        found = self.need_branch(file, self.before, companions)
        return _Goal(found.siblings, found.index, found.above)


class AddBranch(_Placing):
    """A new branch right before another one."""

    op: ClassVar[str] = "add_branch"
    branch: dict[str, Any]

    @field_validator("branch")
    @classmethod
    def _is_a_branch(cls, branch: dict[str, Any]) -> dict[str, Any]:
        try:
            parse_branch(branch)
        except BadInput as error:
            raise ValueError(f"not a branch: {error.message}") from error
        return branch

    def target(self, workspace: Workspace) -> str:
        """The plan tree; the branch is not there yet."""
        return plan_path(workspace, self.leaf)

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        file = self.need_tree(snapshot)
        goal = self.goal(file, companions)
        name = name_of(self.branch, goal.above)
        for known in self.find(file, name, companions):
            self._must_be_this(file, known, goal, name)
            return ALREADY
        return edits_of(file, file.insert(*goal.siblings, item=ordered_branch(self.branch), at=goal.at))

    def _must_be_this(self, file: YamlFile, known: Found, goal: _Goal, name: str) -> None:
        if self.branch.get("id") and not alike(canonical_branch(known.branch), canonical_branch(self.branch)):
            self.conflict(
                f"{file.path}#{name}", f"no branch {name}, or this one", "another branch of this id"
            )
        if known.siblings != goal.siblings or known.index >= goal.at:
            self.conflict(f"{file.path}#{name}", f"it before {self.before}", "it elsewhere in the tree")

    def describe(self) -> str:
        """See TypedOperation."""
        what = self.branch.get("reply") or "branches of its own"
        tools = ", ".join(str(tool.get("name")) for tool in self.branch.get("tools") or [])
        when = f" when {_spoken(self.branch['when'])}" if self.branch.get("when") else ""
        calls = f" and call {tools}" if tools else ""
        return f"In {self.leaf}, before {self.before}, answer {what}{calls}{when}"


class RemoveBranch(PlanEdit):
    """A branch goes."""

    op: ClassVar[str] = "remove_branch"
    branch: BranchId

    def target(self, workspace: Workspace) -> str:
        """The branch, by id."""
        return f"{plan_path(workspace, self.leaf)}#{self.branch}"

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        file = self.need_tree(snapshot)
        found = self.find(file, self.branch, companions)
        if not found:
            return ALREADY
        if len(found) > 1:
            self.no_branch(file, self.branch, found)
        if len(file.get(*found[0].siblings)) == 1:
            self.conflict(
                f"{file.path}#{self.branch}", "another branch beside it", "the only one of its list"
            )
        return edits_of(file, file.delete(*found[0].keys))

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Remove the branch {self.leaf}/{self.branch}"


class MoveBranch(_Placing):
    """A branch goes right before another one, nested or not."""

    op: ClassVar[str] = "move_branch"
    branch: BranchId

    @model_validator(mode="after")
    def _two_branches(self) -> "MoveBranch":
        if self.branch == self.before:
            raise ValueError("a branch cannot be moved before itself")
        return self

    def target(self, workspace: Workspace) -> str:
        """The branch, by id."""
        return f"{plan_path(workspace, self.leaf)}#{self.branch}"

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        file = self.need_tree(snapshot)
        goal = self.goal(file, companions)
        found = self.find(file, self.branch, companions) or self._moved(file, goal)
        if len(found) != 1:
            self.no_branch(file, self.branch, found)
        branch = found[0]
        if branch.siblings == goal.siblings and branch.index == goal.at - 1:
            return ALREADY
        if goal.siblings[: len(branch.keys)] == branch.keys:
            self.conflict(
                f"{file.path}#{self.branch}", f"{self.before} outside of it", "it inside the branch"
            )
        if len(file.get(*branch.siblings)) == 1:
            self.conflict(
                f"{file.path}#{self.branch}", "another branch beside it", "the only one of its list"
            )
        return edits_of(file, file.move(branch.keys, goal.siblings, goal.at))

    def _moved(self, file: YamlFile, goal: _Goal) -> list[Found]:
        """The branch right before the goal, if elsewhere in the tree it would have had this name."""
        branches = list(walk(file))
        nests = [(), *(known.above for known in branches)]
        here = [b for b in branches if b.siblings == goal.siblings and b.index == goal.at - 1]
        return [b for b in here if any(name_of(b.branch, above) == self.branch for above in nests)]

    def describe(self) -> str:
        """See TypedOperation."""
        return f"In {self.leaf}, try {self.branch} before {self.before}"


def _spoken(when: Any) -> str:
    parts = when.items() if isinstance(when, dict) else []
    return " and ".join(
        f"{path} {value}" if isinstance(value, dict) else f"{path} is {value}" for path, value in parts
    )
