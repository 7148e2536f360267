"""How an edit says no: what it expected, what stands there, and that nothing was written."""

from collections.abc import Sequence
from typing import Any, ClassVar

from fixloop.errors import FixloopError, Place

Keys = Sequence[str | int]
"""The way to a value in a document: keys of mappings and positions in lists."""


class OperationConflict(FixloopError):
    """The file is not what the operation was written for; nothing has been edited.

    `operation` is its name, `where` the path or `path#key`, `expected` and `found` are for a person to read.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, operation: str, where: str, expected: str, found: str) -> None:
        path = where.split("#", 1)[0]
        message = f"{operation} at {where}: expected {expected}, found {found}"
        super().__init__(message, place=Place(path), mend="diagnose again on the new base: fixloop propose")
        self.operation = operation
        self.where = where
        self.expected = expected
        self.found = found


class UnsafeEdit(FixloopError):
    """A document that this editor cannot change without touching more than it should; nothing was written."""

    exit_code: ClassVar[int] = 1

    def __init__(self, keys: Keys, why: str, path: str = "") -> None:
        super().__init__(
            f"cannot edit {dotted(keys)} safely: {why}",
            place=Place(path) if path else None,
            mend="make this one change by hand",
        )
        self.keys = tuple(keys)
        self.why = why


def dotted(keys: Keys) -> str:
    """A key path for a person: `branches[2].when`."""
    text = ""
    for key in keys:
        text += f"[{key}]" if isinstance(key, int) else f".{key}"
    return text.removeprefix(".") or "the document"


def shown(value: Any) -> str:
    """A value in a message: short, on one line, absent spelled out."""
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 120 else text[:117] + "…"
