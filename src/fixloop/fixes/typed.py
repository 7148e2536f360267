"""What every operation is: a checked shape, where it points, and the edit it makes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, NoReturn

from pydantic import StringConstraints

from fixloop.fixes.conflict import OperationConflict
from fixloop.fixes.yaml_file import YamlFile, read_yaml_file
from fixloop.hints.operation import Operation
from fixloop.workspace.model import LeafId, Workspace
from fixloop.workspace.schema import Strict
from fixloop.workspace.snapshot import Snapshot

Edits = Mapping[str, bytes | None]
"""Path to new bytes, or None where the file goes."""

ALREADY: Edits = MappingProxyType({})
"""No edits: what the operation wants is there already, by another hint or by hand."""

INTENTS = "workspace/intents.yaml"
EXTRACTION = "workspace/extraction.yaml"
FETCH = "workspace/fetch.yaml"
TEMPLATES = "workspace/templates.yaml"

NonBlank = Annotated[str, StringConstraints(pattern=r"\S")]


class TypedOperation(Strict, ABC):
    """One kind of edit; a subclass in `operations/` is found by being there.

    The subclass' fields are the operation's arguments, and refuse nonsense when built.
    """

    op: ClassVar[str]
    step: ClassVar[str]
    lane: ClassVar[Literal["fix", "judge"]] = "fix"

    @abstractmethod
    def target(self, workspace: Workspace) -> str:
        """Where it points: `path` or `path#key`."""

    def paths(self, workspace: Workspace) -> tuple[str, ...]:
        """The files it may touch; a path that ends with `/` is a folder."""
        return (self.target(workspace).split("#", 1)[0],)

    @abstractmethod
    def leaves(self, workspace: Workspace) -> frozenset[LeafId]:
        """The leaves whose proposals it may change."""

    @abstractmethod
    def apply(self, snapshot: Snapshot, companions: Sequence["TypedOperation"] = ()) -> Edits:
        """The edit, or ALREADY. `companions` are all operations of the same hint, this one included.

        Raises:
            OperationConflict: the precondition does not hold.
            UnsafeEdit: the file cannot be edited without touching more.
        """

    @abstractmethod
    def describe(self) -> str:
        """One plain sentence for a person."""

    def to_operation(self) -> Operation:
        """As a hint carries it; an optional argument that was not given is not written."""
        return Operation(self.op, self.model_dump(mode="json", exclude_unset=True))

    def conflict(self, where: str, expected: str, found: str) -> NoReturn:
        """Say that the file is not what the operation was written for."""
        raise OperationConflict(self.op, where, expected, found)

    def need_file(self, snapshot: Snapshot, path: str) -> YamlFile:
        """A file that must be there."""
        file = read_yaml_file(snapshot, path)
        return file if file is not None else self.conflict(path, "the file", "no such file")


def edits_of(before: YamlFile, after: YamlFile) -> Edits:
    """The one file's edit, or ALREADY where its bytes are the same."""
    return ALREADY if before.data == after.data else {after.path: after.data}


def differing(was: Any, to: Any) -> None:
    """Refuse an operation that changes nothing.

    Raises:
        ValueError: `was` and `to` are alike (pydantic makes it a complaint about the operation).
    """
    from fixloop.fixes.values import alike

    if alike(was, to):
        raise ValueError("`was` and `to` are the same: nothing would change")
