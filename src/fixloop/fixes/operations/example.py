"""add_example, remove_example: a text in or out of a leaf's examples."""

from collections.abc import Sequence
from typing import ClassVar

from fixloop.fixes.jsonl_splice import append_lines, lines_where, remove_line
from fixloop.fixes.typed import ALREADY, INTENTS, Edits, NonBlank, TypedOperation
from fixloop.workspace.model import LeafId, Workspace, is_other
from fixloop.workspace.schema import LeafName
from fixloop.workspace.snapshot import Snapshot


class _ExampleEdit(TypedOperation):
    step: ClassVar[str] = "intent"
    leaf: LeafName
    text: NonBlank

    @property
    def path(self) -> str:
        """The leaf's examples file."""
        return f"workspace/examples/{self.leaf}.jsonl"

    def target(self, workspace: Workspace) -> str:
        """The file: texts are too long to be names."""
        return self.path

    def leaves(self, workspace: Workspace) -> frozenset[LeafId]:
        """The leaf."""
        return frozenset({LeafId(self.leaf)})


class AddExample(_ExampleEdit):
    """A new last line of the leaf's examples; the file is made where it is absent."""

    op: ClassVar[str] = "add_example"
    source: str = ""

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        data = snapshot.read(self.path) or b""
        if next(lines_where(data, "text", self.text), None):
            return ALREADY
        self._need_leaf(snapshot)
        row = {"text": self.text, **({"source": self.source} if self.source else {})}
        return {self.path: append_lines(data, [row])}

    def _need_leaf(self, snapshot: Snapshot) -> None:
        intents = self.need_file(snapshot, INTENTS)
        node = self.leaf.removesuffix(".other")
        if self.leaf != "other" and intents.get("intents", node, default=self) is self:
            self.conflict(f"{INTENTS}#{node}", f"the intent {node}", "no such intent")
        if not is_other(self.leaf) and intents.get("intents", node, "children"):
            self.conflict(f"{INTENTS}#{node}", "a leaf", "a parent of other intents")

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Add an example to {self.leaf}: “{self.text}”"


class RemoveExample(_ExampleEdit):
    """The line with the text goes."""

    op: ClassVar[str] = "remove_example"

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        before = data = snapshot.read(self.path) or b""
        for line in reversed(list(lines_where(data, "text", self.text))):
            data = remove_line(data, line)
        return ALREADY if data == before else {self.path: data}

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Remove an example from {self.leaf}: “{self.text}”"
