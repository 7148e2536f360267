"""What two hints both change: one value, set by each, or the very same edit in both."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fixloop.hints.ids import canonical_json
from fixloop.hints.model import Hint
from fixloop.hints.operation import Operation

_NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "add_leaf": ("id",),
    "add_template": ("name",),
    "fix_case": ("suite", "id"),
    "retire_case": ("suite", "id"),
}
"""The arguments that name what is changed, where the others say what becomes of it."""

_IDS = (
    "at", "signal", "field", "leaf", "branch", "template", "name", "language", "tool", "arg",
    "parent", "child", "suite", "id",
)  # fmt: skip
"""The arguments that are names, and no text of anybody's."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that both change; `values` are what each sets it to, empty where they do the same to it."""

    op: str
    place: str
    values: tuple[Any, ...] = ()


def changed_by_both(one: Hint, other: Hint) -> tuple[Change, ...]:
    """What two hints both change, in the order of the first; what they set apart comes first."""
    theirs = {_thing(operation): operation for operation in other.operations}
    found = [
        _change(operation, theirs[_thing(operation)])
        for operation in one.operations
        if _thing(operation) in theirs
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda change: not change.values))


def _thing(operation: Operation) -> str:
    """What an operation changes, whatever to; of a part of a text that is replaced, the part."""
    whole = operation.op.startswith("set_")  # what stood there then is no part of which value it is
    left_out = {"to", "was"} if whole else {"to"}
    keys = _NAMED_BY.get(operation.op) or tuple(key for key in operation.args if key not in left_out)
    return canonical_json([operation.op, {key: operation.args.get(key) for key in keys}])


def _change(mine: Operation, theirs: Operation) -> Change:
    place = " ".join(str(mine.args[key]) for key in _IDS if isinstance(mine.args.get(key), str))
    both = (mine.args.get("to"), theirs.args.get("to"))
    same = canonical_json(both[0]) == canonical_json(both[1])
    return Change(mine.op, place, () if same else tuple(map(_hashable, both)))


def _hashable(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float) else canonical_json(value)
