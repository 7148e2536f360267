"""add_leaf, remove_leaf: an intent of its own, with its place in the DAG and its plan tree."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator

from fixloop.fixes.conflict import shown
from fixloop.fixes.plan_file import conventional_path, find_plan_file, plan_path
from fixloop.fixes.typed import ALREADY, INTENTS, Edits, NonBlank, TypedOperation
from fixloop.fixes.yaml_file import MISSING, YamlFile
from fixloop.fixes.yaml_style import Style, block_text
from fixloop.workspace.model import LeafId, Workspace, other_of
from fixloop.workspace.schema import Id
from fixloop.workspace.snapshot import Snapshot


class _LeafEdit(TypedOperation):
    step: ClassVar[str] = "intent"
    id: Id

    def target(self, workspace: Workspace) -> str:
        """The intent."""
        return f"{INTENTS}#{self.id}"

    def paths(self, workspace: Workspace) -> tuple[str, ...]:
        """The intents, the leaf's examples and its plan tree."""
        return (INTENTS, f"workspace/examples/{self.id}.jsonl", plan_path(workspace, self.id))


class AddLeaf(_LeafEdit):
    """A new intent below its parents; its starter plan tree hands over to a person."""

    op: ClassVar[str] = "add_leaf"
    parents: Annotated[list[Id], Field(min_length=1)]
    description: NonBlank
    owner: str = ""

    @field_validator("parents")
    @classmethod
    def _each_once(cls, parents: list[str]) -> list[str]:
        if len(set(parents)) < len(parents):
            raise ValueError("a parent is named twice")
        return parents

    def leaves(self, workspace: Workspace) -> frozenset[LeafId]:
        """The new leaf, and each parent's `other`, which it may take tickets from."""
        return frozenset({LeafId(self.id), *map(other_of, self.parents)})

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        before = self.need_file(snapshot, INTENTS)
        after = self._with_intent(before)
        for parent in self.parents:
            after = link(self, after, parent, self.id)
        edits: dict[str, bytes | None] = {} if before.data == after.data else {INTENTS: after.data}
        if find_plan_file(snapshot, self.id) is None:
            edits[conventional_path(self.id)] = self._plan_tree(snapshot)
        return edits or ALREADY

    def _with_intent(self, file: YamlFile) -> YamlFile:
        known = file.get("intents", self.id, default=MISSING)
        if known is MISSING:
            siblings = children_of(file, self.parents[0])
            entry = {"description": self.description}
            return file.add("intents", self.id, to=entry, after=siblings[-1] if siblings else None)
        said = (known or {}).get("description", "")
        if said != self.description or (known or {}).get("children"):
            expected = f"no intent {self.id}, or this one"
            self.conflict(f"{INTENTS}#{self.id}", expected, f"another: {shown(said)}")
        return file

    def _plan_tree(self, snapshot: Snapshot) -> bytes:
        config = self.need_file(snapshot, "fixloop.yaml")
        reply = config.get("fallback", "reply")
        if not isinstance(reply, str):
            self.conflict("fixloop.yaml#fallback.reply", "a template that hands over to a person", "none")
        tree: dict[str, Any] = {
            "leaf": self.id,
            **({"owner": self.owner} if self.owner else {}),
            "stability": "open",
            "branches": [{"reply": reply, "review": "always"}],
        }
        text = block_text({key: value for key, value in tree.items() if key != "branches"}, 0, Style())
        return f"{text}\nbranches:\n  - {{reply: {reply}, review: always}}\n".encode()

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Add the intent {self.id} below {' and '.join(self.parents)}: {self.description}"


class RemoveLeaf(_LeafEdit):
    """An intent without children goes, with its edges, examples and plan tree."""

    op: ClassVar[str] = "remove_leaf"

    def leaves(self, workspace: Workspace) -> frozenset[LeafId]:
        """The leaf, and the `other` of each of its parents, which get its tickets."""
        return frozenset({LeafId(self.id), *map(other_of, workspace.intents.parents_of(self.id))})

    def apply(self, snapshot: Snapshot, companions: Sequence[TypedOperation] = ()) -> Edits:
        """See TypedOperation."""
        before = self.need_file(snapshot, INTENTS)
        if before.get("intents", self.id, "children"):
            self.conflict(f"{INTENTS}#{self.id}", "a leaf", "a parent of other intents")
        after = before
        for parent in ("root", *(before.get("intents", default={}) or {})):
            after = unlink(self, after, parent, self.id)
        if after.get("intents", self.id, default=MISSING) is not MISSING:
            after = after.delete("intents", self.id)
        edits: dict[str, bytes | None] = {} if before.data == after.data else {INTENTS: after.data}
        return self._without_files(snapshot, edits) or ALREADY

    def _without_files(self, snapshot: Snapshot, edits: dict[str, bytes | None]) -> Edits:
        tree = find_plan_file(snapshot, self.id)
        for path in (f"workspace/examples/{self.id}.jsonl", tree.path if tree else ""):
            if path and snapshot.read(path) is not None:
                edits[path] = None
        return edits

    def describe(self) -> str:
        """See TypedOperation."""
        return f"Remove the intent {self.id} with its examples and its plan tree"


def children_keys(parent: str) -> tuple[str, ...]:
    """Where a parent's children stand in intents.yaml."""
    return ("root",) if parent == "root" else ("intents", parent, "children")


def children_of(file: YamlFile, parent: str) -> list[str]:
    """A parent's children as they stand."""
    return list(file.get(*children_keys(parent)) or [])


def link(operation: TypedOperation, file: YamlFile, parent: str, child: str) -> YamlFile:
    """The file with a child below a parent; unchanged where it is there."""
    if parent != "root" and file.get("intents", parent, default=MISSING) is MISSING:
        operation.conflict(f"{INTENTS}#{parent}", f"the intent {parent}", "no such intent")
    if child in children_of(file, parent):
        return file
    if parent != "root" and file.get("intents", parent) is None:
        return file.set("intents", parent, to={"children": [child]})
    return file.insert(*children_keys(parent), item=child)


def unlink(operation: TypedOperation, file: YamlFile, parent: str, child: str) -> YamlFile:
    """The file without a child below a parent; unchanged where it is not there."""
    children = children_of(file, parent)
    if child not in children:
        return file
    if children == [child]:
        operation.conflict(f"{INTENTS}#{parent}", f"{parent} to keep a child", f"only {child} below it")
    return file.delete(*children_keys(parent), children.index(child))
