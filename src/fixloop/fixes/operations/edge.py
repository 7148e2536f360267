"""add_edge, remove_edge: a child below one more parent, or one fewer."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import model_validator

from fixloop.fixes.operations.leaf import link, unlink
from fixloop.fixes.touched import leaves_below
from fixloop.fixes.typed import INTENTS, Edits, TypedOperation, edits_of
from fixloop.fixes.yaml_file import MISSING
from fixloop.workspace.model import LeafId, Workspace, other_of
from fixloop.workspace.schema import Id
from fixloop.workspace.snapshot import Snapshot


class _EdgeEdit(TypedOperation):
    step: ClassVar[str] = "intent"
    parent: Id
    child: Id

    @model_validator(mode="after")
    def _two_intents(self) -> "_EdgeEdit":
        if self.parent == self.child:
            raise ValueError("an intent cannot be its own parent")
        return self

    def target(self, workspace: Workspace) -> str:
        """The parent, whose children change."""
        return f"{INTENTS}#{self.parent}"

    def leaves(self, workspace: Workspace) -> frozenset[LeafId]:
        """The leaves below the child, and the parent's `other`."""
        return leaves_below(workspace, self.child) | {other_of(self.parent)}


class AddEdge(_EdgeEdit):
    """The child hangs below this parent too."""

    op: ClassVar[str] = "add_edge"

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        file = self.need_file(snapshot, INTENTS)
        if file.get("intents", self.child, default=MISSING) is MISSING:
            self.conflict(f"{INTENTS}#{self.child}", f"the intent {self.child}", "no such intent")
        return edits_of(file, link(self, file, self.parent, self.child))

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Put {self.child} below {self.parent} too"


class RemoveEdge(_EdgeEdit):
    """The child hangs below this parent no more."""

    op: ClassVar[str] = "remove_edge"

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        file = self.need_file(snapshot, INTENTS)
        return edits_of(file, unlink(self, file, self.parent, self.child))

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Take {self.child} away from below {self.parent}"
