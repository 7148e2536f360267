"""A fix's own case file: written whole, for people to read."""

from collections.abc import Iterable, Mapping
from typing import Any

from fixloop.fixes.conflict import UnsafeEdit
from fixloop.fixes.values import same
from fixloop.fixes.yaml_style import Style, block_text
from fixloop.workspace.yaml_source import parse_yaml


def case_path(suite: str, hint_id: str) -> str:
    """Where a hint's cases of one suite stand; no two hints share a file."""
    return f"evals/{suite}/{hint_id}.yaml"


def render_cases(cases: Iterable[Mapping[str, Any]]) -> bytes:
    """Cases as a YAML list in block style, an empty line between two; a `suite` key is the folder's to say.

    Raises:
        UnsafeEdit: a case holds a value that YAML cannot carry.
    """
    rows = [{key: value for key, value in case.items() if key != "suite"} for case in cases]
    items = ["- " + "\n  ".join(_entries(row)) for row in rows]
    data = ("\n\n".join(items) + "\n" if items else "[]\n").encode()
    if not same(parse_yaml("the new cases", data).value, rows):
        raise UnsafeEdit((), "the new cases would not read back as they are")
    return data


def _entries(row: Mapping[str, Any]) -> list[str]:
    return [block_text({key: value}, 2, Style()) for key, value in row.items()]
