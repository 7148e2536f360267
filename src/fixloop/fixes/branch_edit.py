"""What the edits inside one branch of a plan tree have in common."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, NoReturn

from fixloop.fixes.conflict import shown
from fixloop.fixes.plan_file import Found, find_branches, find_plan_file, name_of, plan_path, versions, walk
from fixloop.fixes.typed import ALREADY, Edits, TypedOperation, edits_of
from fixloop.fixes.yaml_file import YamlFile
from fixloop.workspace.model import LeafId, Workspace
from fixloop.workspace.plan_tree import DEFAULT
from fixloop.workspace.schema import BranchId, LeafName
from fixloop.workspace.snapshot import Snapshot


class PlanEdit(TypedOperation):
    """An edit of one leaf's plan tree."""

    step: ClassVar[str] = "plan"
    leaf: LeafName

    def leaves(self, workspace: Workspace) -> frozenset[LeafId]:
        """The tree's leaf."""
        return frozenset({LeafId(self.leaf)})

    def need_tree(self, snapshot: Snapshot) -> YamlFile:
        """The leaf's plan tree, which must be there."""
        file = find_plan_file(snapshot, self.leaf)
        return file if file else self.conflict(f"plan_trees/{self.leaf}.yaml", "a plan tree", "no such file")

    def need_branch(self, file: YamlFile, name: str, companions: Sequence[TypedOperation]) -> Found:
        """The one branch of a name, which must be there."""
        found = self.find(file, name, companions)
        return found[0] if len(found) == 1 else self.no_branch(file, name, found)

    def find(self, file: YamlFile, name: str, companions: Sequence[TypedOperation]) -> list[Found]:
        """The branches of a name, also by the name they had before the hint's other edits."""
        mine = [
            edit for edit in companions or (self,) if isinstance(edit, PlanEdit) and edit.leaf == self.leaf
        ]
        return find_branches(file, name, mine)

    def no_branch(self, file: YamlFile, name: str, found: Sequence[Found]) -> NoReturn:
        """Say that a branch is not there, or there more than once."""
        if found:
            self.conflict(f"{file.path}#{name}", "one branch of this id", f"{len(found)} branches")
        names = [name_of(known.branch, known.above) for known in walk(file)]
        self.conflict(f"{file.path}#{name}", f"branch {name}", f"branches {', '.join(names)}")


class BranchEdit(PlanEdit):
    """An edit inside one branch."""

    branch: BranchId

    def target(self, workspace: Workspace) -> str:
        """The branch, by id."""
        return f"{plan_path(workspace, self.leaf)}#{self.branch}"

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        file = self.need_tree(snapshot)
        found = self.need_branch(file, self.branch, companions)
        if any(map(self._is_done, versions(found.branch, self._later(companions)))):
            return ALREADY
        return edits_of(file, self.edit(file, found))

    def _is_done(self, branch: dict[str, Any]) -> bool:
        return next(self.undone(branch), None) is not None

    def _later(self, companions: Sequence[TypedOperation]) -> list["BranchEdit"]:
        """The hint's edits of the same branch that come after this one, and may have built upon it."""
        after = next((n + 1 for n, edit in enumerate(companions) if edit is self), len(companions))
        edits = [edit for edit in companions[after:] if isinstance(edit, BranchEdit)]
        return [edit for edit in edits if (edit.leaf, edit.branch) == (self.leaf, self.branch)]

    @abstractmethod
    def undone(self, branch: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The branches this edit would have made this one of; none if it has not been made."""

    @abstractmethod
    def edit(self, file: YamlFile, found: Found) -> YamlFile:
        """The file with the edit made; only asked where it has not been made."""

    def differs(self, file: YamlFile, expected: Any, found: Any, what: str) -> NoReturn:
        """Say that the branch has another value than `was`."""
        self.conflict(f"{file.path}#{self.branch}", f"{what} {shown(expected)}", shown(found))

    @property
    def place(self) -> str:
        """The branch in a sentence."""
        return (
            f"the default branch of {self.leaf}" if self.branch == DEFAULT else f"{self.leaf}/{self.branch}"
        )
