"""Every case of tests/cases: files before, operations, and the files after (or `already`, or a conflict)."""

from pathlib import Path
from typing import Any

import pytest

from fixloop.fixes.apply import OperationConflict, apply_operations
from fixloop.fixes.catalog import catalog
from fixloop.hints.operation import Operation
from fixloop.workspace.snapshot import MemorySnapshot
from fixloop.workspace.yaml_source import parse_yaml

FOLDER = Path(__file__).parents[2] / "cases"


def load_cases() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*/*.yaml")):
        file = parse_yaml(str(path), path.read_bytes()).value
        for name, case in file["cases"].items():
            before = {**file["before"], **case.get("before", {})}
            found.append(pytest.param({**case, "before": before}, id=f"{path.parent.name}: {name}"))
    return found


def written(case: dict[str, Any], text: str | None) -> bytes | None:
    crlf = case.get("line_ends") == "crlf"
    return None if text is None else (text.replace("\n", "\r\n") if crlf else text).encode()


@pytest.mark.parametrize("case", load_cases())
def test_operation(case: dict[str, Any]) -> None:
    files = {path: written(case, text) for path, text in case["before"].items()}
    snapshot = MemorySnapshot({path: data for path, data in files.items() if data is not None})
    operations = [Operation.from_json(operation) for operation in case["operations"]]
    if "conflict" in case:
        with pytest.raises(OperationConflict) as raised:
            apply_operations(snapshot, operations)
        assert {"expected": raised.value.expected, "found": raised.value.found} == case["conflict"]
        return
    applied = apply_operations(snapshot, operations)
    fresh = {path for path in case.get("after", {}) if path not in files}
    after = {p: written({} if p in fresh else case, text) for p, text in case.get("after", {}).items()}
    assert applied.edits == after
    assert bool(applied.already) == case.get("already", False)
    again = apply_operations(applied.snapshot, operations)
    assert (dict(again.edits), len(again.already)) == ({}, len(operations))


def test_every_operation_has_cases() -> None:
    assert set(catalog()) == {path.name for path in FOLDER.iterdir()} - {"several"}
