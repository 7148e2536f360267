"""What an ingest run did with staff's feedback."""

from collections.abc import Mapping, Sequence
from typing import Any

from fixloop.feedback.incoming import BadRow
from fixloop.feedback.pile import Source
from fixloop.feedback.slips import Slip
from fixloop.report.page import Page, bad, dim, good, name, warn
from fixloop.report.words import of_tickets
from fixloop.workspace.text import count, named

_SHOWN = 5


Slips = Mapping[Slip, Sequence[Source]]


def draw_ingest(
    page: Page,
    counts: Mapping[str, Any],
    quarantines: Mapping[str, Sequence[BadRow]],
    unread: Sequence[Source],
    slips: Slips,
) -> None:
    """How much is new, what was left out and why, and what to type next."""
    stored = counts["stored"]
    if stored:
        page.line(good(f"{count(stored, 'row')} stored"), f" as ingest {counts['ingest']}")
    else:
        page.line("nothing new: no row stored")
    for label, told in _facts(counts):
        page.fact(label, told, column=12)
    if unread:
        page.fact("", _unread(unread), column=12)
    draw_slips(page, slips)
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


def _unread(unread: Sequence[Source]) -> str:
    """Which of the lossy rows wait for a person: replay cannot tell what went wrong with them."""
    of = of_tickets(sorted(one.ticket for one in unread))
    return f"{count(len(unread), 'rejection')} among them ({of}): propose lists these, and cannot read them"


def draw_slips(page: Page, slips: Slips) -> None:
    """Names that staff expected and that there are not, where one is nearly that: stored as they are."""
    for slip, sources in list(slips.items())[:_SHOWN]:
        of = of_tickets(sorted(one.ticket for one in sources))
        told = f"no {slip.kind} is called {named(slip.name)} ({of}): did you mean {named(slip.meant)}?"
        page.line(warn("misspelt?"), f"   {told}", indent=2, hang=14)
        page.exact(_then(slip, sources), indent=14)
    if len(slips) > _SHOWN:
        page.line(dim(f"and {len(slips) - _SHOWN} more names"), indent=14)


def _then(slip: Slip, sources: Sequence[Source]) -> str:
    """What is on record stays, and is not stored again: an engineer's note says it beside."""
    each = "if so" if len(sources) == 1 else "if so, of each"
    return f"{each}: fixloop note {sources[0].id} {slip.meant}"


def draw_quarantine(page: Page, path: str, rows: Sequence[BadRow]) -> None:
    """Where rows that cannot be used were set aside, and what is wrong with the first of them."""
    page.line(bad(f"{count(len(rows), 'bad row')}"), " set aside in ", name(path), hang=2)
    for row in rows[:_SHOWN]:
        page.line(warn(f"line {row.line}: "), row.message, indent=2, hang=4)
    if len(rows) > _SHOWN:
        page.line(dim(f"and {len(rows) - _SHOWN} more"), indent=2)
