"""One typed edit as a hint carries it: a name and arguments, opaque here; `fixes` knows what they mean."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from fixloop.errors import BadInput
from fixloop.hints.ids import canonical_json


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation's name and its arguments: JSON values, copied on the way in so that nobody changes them.

    Two operations are equal when their canonical JSON is: order of keys is no difference, true is not 1. The
    order is kept all the same, for it is the order in which keys will be written.
    """

    op: str
    args: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "args", MappingProxyType(_copy(self.args)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Operation) and self.canonical_json() == other.canonical_json()

    def __hash__(self) -> int:
        return hash(self.canonical_json())

    def canonical_json(self) -> str:
        """The one spelling that ids and approvals are digests of."""
        return canonical_json(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """`{op: …, <argument>: …}`, as in a hint file; a fresh copy."""
        return {"op": self.op, **_copy(self.args)}

    @staticmethod
    def from_json(value: Any) -> "Operation":
        """Back from `to_json`; whether name and arguments make sense is for `fixes` to say.

        Raises:
            BadInput: not a mapping with a text under `op`.
        """
        if not isinstance(value, Mapping) or not isinstance(value.get("op"), str):
            raise BadInput(f"an operation is a mapping with a name under `op`, not {value!r}")
        return Operation(value["op"], {key: argument for key, argument in value.items() if key != "op"})


def _copy(args: Mapping[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(dict(args), ensure_ascii=False, allow_nan=False))
    return copied
