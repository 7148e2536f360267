"""Operations laid over a snapshot, in order, all or none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from fixloop.errors import Place
from fixloop.fixes.catalog import parse_operation
from fixloop.fixes.conflict import OperationConflict, UnsafeEdit
from fixloop.fixes.typed import Edits, TypedOperation
from fixloop.hints.operation import Operation
from fixloop.workspace.model import LeafId, Workspace
from fixloop.workspace.snapshot import Overlay, Snapshot
from fixloop.workspace.yaml_source import BadYaml

__all__ = [
    "Applied",
    "OperationConflict",
    "UnsafeEdit",
    "apply_operations",
    "describe",
    "parse_operation",
    "parse_operations",
    "touched_leaves",
    "touched_paths",
]

AnyOperation = Operation | TypedOperation


@dataclass(frozen=True, slots=True)
class Applied:
    """A snapshot with operations made: the overlay, its edits, and the operations that were done before."""

    snapshot: Overlay
    edits: Edits
    already: tuple[TypedOperation, ...]


def parse_operations(operations: Iterable[AnyOperation]) -> tuple[TypedOperation, ...]:
    """Operations with their arguments checked.

    Raises:
        BadInput: one is unknown or makes no sense.
    """
    return tuple(op if isinstance(op, TypedOperation) else parse_operation(op) for op in operations)


def apply_operations(snapshot: Snapshot, operations: Iterable[AnyOperation]) -> Applied:
    """The snapshot with a hint's operations made, one after the other.

    Raises:
        BadInput: an operation is unknown or makes no sense.
        OperationConflict: a precondition does not hold.
        UnsafeEdit: a file cannot be edited without touching more than was asked.
    """
    typed = parse_operations(operations)
    edits: dict[str, bytes | None] = {}
    already: list[TypedOperation] = []
    for operation in typed:
        made = _apply_one(Overlay(snapshot, edits), operation, typed)
        if made:
            edits = {**edits, **made}
        else:
            already.append(operation)
    # An edit that a later one has undone is none.
    edits = {path: data for path, data in edits.items() if data != snapshot.read(path)}
    return Applied(Overlay(snapshot, edits), edits, tuple(already))


def touched_paths(operations: Iterable[AnyOperation], workspace: Workspace) -> tuple[str, ...]:
    """Every file the operations may touch, sorted; a path that ends with `/` is a folder."""
    return tuple(sorted({path for op in parse_operations(operations) for path in op.paths(workspace)}))


def touched_leaves(operations: Iterable[AnyOperation], workspace: Workspace) -> frozenset[LeafId]:
    """Every leaf whose proposals the operations may change."""
    none: frozenset[LeafId] = frozenset()
    return none.union(*(op.leaves(workspace) for op in parse_operations(operations)))


def describe(operations: Iterable[AnyOperation]) -> list[str]:
    """A plain sentence for each operation."""
    return [operation.describe() for operation in parse_operations(operations)]


def _apply_one(snapshot: Snapshot, operation: TypedOperation, companions: Sequence[TypedOperation]) -> Edits:
    try:
        return operation.apply(snapshot, companions)
    except BadYaml as error:
        where = cast(Place, error.place).path
        raise OperationConflict(operation.op, where, "a readable file", error.message) from error
