"""A repository with a small bank in it, and the loop's verbs at hand."""

import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.commands.ingest import ingest
from fixloop.wiring import build_desk
from tests.support.git_worlds import make_repo
from tests.support.worlds import minimal_world


class FrozenClock:
    """Time stands still, so that ids and paths are the same in every run."""

    def now(self) -> str:
        """Always the same second."""
        return "2026-11-21T08:00:00Z"


def bank(tmp_path: Path, **files: str) -> Desk:
    """A desk on a fresh repository that holds the minimal world, with some files replaced."""
    repo = make_repo(tmp_path, {**minimal_world(), **files})
    return desk_of(repo)


def desk_of(repo: Path) -> Desk:
    """The real desk of a repository, its clock stopped."""
    return replace(build_desk(str(repo), lambda _: None), clock=FrozenClock())


def unlocked(desk: Desk) -> Desk:
    """The desk for a test that holds the lock itself."""
    return replace(desk, lock=nullcontext)


def tell(desk: Desk, rows: Sequence[Mapping[str, Any]], name: str = "feedback.jsonl") -> None:
    """Staff's words, through `ingest`."""
    file = desk.folder.parent / name
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    result = ingest(desk, [str(file)])
    assert result.quarantined == 0, result


def row(number: int, text: str, comment: str = "", outcome: str = "rejected", **more: Any) -> dict[str, Any]:
    """One line of feedback in the native format."""
    return {
        "ticket": {"id": f"T-{number}", "text": text},
        "outcome": outcome,
        "comment": comment,
        "reviewer": more.pop("reviewer", "staff-7"),
        "at": f"2026-11-{1 + number % 20:02d}T09:12:00Z",
        **more,
    }
