"""A unified diff for a person: the edit first, a new case file in one line."""

from collections.abc import Iterator

from fixloop.report.page import Page, dim
from fixloop.workspace.text import count

_NEW = "--- /dev/null"
_HEADER = 3


def draw_diff(page: Page, diff: str) -> None:
    """Edits in their usual colours; new case files below them, without their text."""
    files = list(_files(diff))
    for lines in files:
        if not _is_new_case_file(lines):
            for line in lines:
                page.exact(line, _style_of(line), indent=2)
    for lines in files:
        if _is_new_case_file(lines):
            path = lines[1].removeprefix("+++ b/")
            page.line(f"new file {path}", dim(f", {count(len(lines) - _HEADER, 'line')}"), indent=2)


def _files(diff: str) -> Iterator[list[str]]:
    lines: list[str] = []
    for line in diff.rstrip("\n").split("\n"):
        if line.startswith("--- ") and lines:
            yield lines
            lines = []
        lines.append(line)
    yield lines


def _is_new_case_file(lines: list[str]) -> bool:
    return lines[0].startswith(_NEW) and len(lines) > _HEADER and lines[1].startswith("+++ b/evals/")


def _style_of(line: str) -> str:
    if line.startswith(("+++", "---")):
        return "strong"
    return {"+": "good", "-": "bad", "@": "name"}.get(line[:1], "")
