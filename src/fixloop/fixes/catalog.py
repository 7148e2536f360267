"""Every kind of operation, found by being in `operations/`: adding one touches one file."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pydantic import ValidationError

from fixloop.errors import BadInput
from fixloop.fixes import operations
from fixloop.fixes.typed import TypedOperation
from fixloop.hints.operation import Operation
from fixloop.workspace.problems import Report
from fixloop.workspace.schema import read_model
from fixloop.workspace.text import did_you_mean, named
from fixloop.workspace.yaml_source import KeyPath

__all__ = ["catalog", "parse_operation"]


@cache
def catalog() -> Mapping[str, type[TypedOperation]]:
    """Name to class, sorted by name."""
    found: dict[str, type[TypedOperation]] = {}
    for module in sorted(pkgutil.iter_modules(operations.__path__), key=lambda info: info.name):
        loaded = importlib.import_module(f"{operations.__name__}.{module.name}")
        for kind in vars(loaded).values():
            if isinstance(kind, type) and issubclass(kind, TypedOperation) and "op" in vars(kind):
                found[kind.op] = kind
    return MappingProxyType(dict(sorted(found.items())))


def parse_operation(operation: Operation | object) -> TypedOperation:
    """An operation as a hint carries it, or its JSON, with its arguments checked.

    Raises:
        BadInput: an unknown operation, or arguments that make no sense.
    """
    carried = operation if isinstance(operation, Operation) else Operation.from_json(operation)
    kind = catalog().get(carried.op)
    if kind is None:
        raise BadInput(f"there is no operation {named(carried.op)}", mend=did_you_mean(carried.op, catalog()))
    args = carried.to_json()
    del args["op"]
    try:
        return kind.model_validate(args)
    except ValidationError as error:
        complaint = _first_complaint(kind, args) or error.errors(include_url=False)[0]["msg"]
        raise BadInput(f"operation {carried.op}: {complaint}", mend="correct its arguments") from error


def _first_complaint(kind: type[TypedOperation], args: dict[str, object]) -> str:
    complaints: list[str] = []

    def note(key_path: KeyPath, message: str, mend: str = "", *, on_key: bool = False) -> None:
        complaints.append(message)

    report: Report = note
    read_model(kind, args, report)
    return complaints[0] if complaints else ""
