"""What one ingest run adds to the record: duplicates out, the order of the rows without effect."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from fixloop.feedback.model import Feedback
from fixloop.feedback.shards import render_line
from fixloop.feedback.slips import Slip
from fixloop.workspace.text import normalise


class _Said(NamedTuple):
    """Who said what about which text, and how it ended: said twice it counts once."""

    text: str
    reviewer: str
    outcome: str
    comment: str


class Source(NamedTuple):
    """A piece of feedback and the ticket it is about, by their ids."""

    id: str
    ticket: str


class _Line(NamedTuple):
    data: bytes
    said: _Said
    lossy: bool
    accepted: bool
    source: Source
    slips: tuple[Slip, ...]


class Stored(NamedTuple):
    """The lines to store in order, and how many of them tell of a text that somebody else has judged too.

    `unread` are rejections that replay tells nothing of, since another proposal comes out of it; `slips` are
    names that nearly exist, each with those who wrote it.
    """

    lines: tuple[bytes, ...]
    linked: int
    lossy: int
    unread: tuple[Source, ...]
    slips: Mapping[Slip, tuple[Source, ...]]

    @property
    def ingest_id(self) -> str | None:
        """The name of these lines, by their content; None where there are none."""
        return hashlib.sha256(b"".join(self.lines)).hexdigest()[:16] if self.lines else None


class Pile:
    """New feedback beside what the record has; only rendered lines are held."""

    def __init__(self, record: Iterable[Feedback]) -> None:
        self._lines: dict[str, _Line] = {}
        self._ids: set[str] = set()
        self._said: set[_Said] = set()
        self._reviewers: dict[str, set[str]] = {}
        for one in record:
            said = _said(one)
            self._ids.add(one.id)
            self._said.add(said)
            self._reviewers.setdefault(said.text, set()).add(said.reviewer)

    def add(self, one: Feedback, slips: Sequence[Slip] = ()) -> None:
        """Add one; of two with an id the one whose line sorts first stays, whichever came first."""
        if one.id in self._ids:
            return
        source = Source(one.id, str(one.ticket["id"]))
        lossy, accepted = one.replay != "exact", one.outcome == "accepted"
        line = _Line(render_line(one), _said(one), lossy, accepted, source, tuple(slips))
        there = self._lines.get(one.id)
        if there is None or line.data < there.data:
            self._lines[one.id] = line

    def settle(self) -> Stored:
        """What is new, by id."""
        first: dict[_Said, str] = {}
        for name in sorted(self._lines):
            first.setdefault(self._lines[name].said, name)
        kept = sorted(name for said, name in first.items() if said not in self._said)
        lines = [self._lines[name] for name in kept]
        return Stored(
            tuple(line.data for line in lines),
            self._linked(lines),
            sum(line.lossy for line in lines),
            tuple(line.source for line in lines if line.lossy and not line.accepted),
            _by_slip(lines),
        )

    def _linked(self, lines: Iterable[_Line]) -> int:
        linked = 0
        for line in lines:
            reviewers = self._reviewers.setdefault(line.said.text, set())
            linked += bool(reviewers - {line.said.reviewer})
            reviewers.add(line.said.reviewer)
        return linked


def _by_slip(lines: Iterable[_Line]) -> dict[Slip, tuple[Source, ...]]:
    found: dict[Slip, tuple[Source, ...]] = {}
    for line in lines:
        for slip in line.slips:
            found[slip] = (*found.get(slip, ()), line.source)
    return found


def _said(one: Feedback) -> _Said:
    return _Said(one.text_digest, one.reviewer, one.outcome, normalise(one.comment))
