"""What an ingest run did with staff's feedback."""

from collections.abc import Mapping, Sequence
from typing import Any

from fixloop.feedback.incoming import BadRow
from fixloop.report.page import Page, bad, dim, good, name, warn
from fixloop.workspace.text import count

_SHOWN = 5


def draw_ingest(page: Page, counts: Mapping[str, Any], quarantines: Mapping[str, Sequence[BadRow]]) -> None:
    """How much is new, what was left out and why, and what to type next."""
    stored = counts["stored"]
    if stored:
        page.line(good(f"{count(stored, 'row')} stored"), f" as ingest {counts['ingest']}")
    else:
        page.line("nothing new: no row stored")
    for label, told in _facts(counts):
        page.fact(label, told, column=12)
    for path, rows in quarantines.items():
        draw_quarantine(page, path, rows)
    if stored:
        page.next("fixloop propose")


def _facts(counts: Mapping[str, Any]) -> list[tuple[str, str]]:
    told = {
        "duplicates": "said before, or twice",
        "linked": "of texts that somebody else has judged, too",
        "lossy": "answered otherwise once personal values were replaced: never a case",
    }
    return [(key, f"{counts[key]} {text}") for key, text in told.items() if counts[key]]


def draw_quarantine(page: Page, path: str, rows: Sequence[BadRow]) -> None:
    """Where rows that cannot be used were set aside, and what is wrong with the first of them."""
    page.line(bad(f"{count(len(rows), 'bad row')}"), " set aside in ", name(path), hang=2)
    for row in rows[:_SHOWN]:
        page.line(warn(f"line {row.line}: "), row.message, indent=2, hang=4)
    if len(rows) > _SHOWN:
        page.line(dim(f"and {len(rows) - _SHOWN} more"), indent=2)
