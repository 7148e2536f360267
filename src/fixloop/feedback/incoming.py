"""What a feedback source gives: rows as staff wrote them, not yet redacted, and rows nobody can read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from fixloop.pipeline.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Incoming:
    """Staff's word on one proposal, with every personal value still in it: it never leaves this process.

    `proposal` is what staff saw, in the keys of `run --json`, or None; `raw` is the row it was read from.
    """

    line: int
    ticket: Ticket
    outcome: str
    raw: str
    comment: str = ""
    reviewer: str = ""
    at: str = ""
    reason: str | None = None
    expected: Mapping[str, Any] | None = None
    reply: str | None = None
    proposal: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used: its line, why, and what stood there."""

    line: int
    message: str
    raw: str


Reader = Callable[[BinaryIO], Iterator[Incoming | BadRow]]
"""A feedback source: bytes in, rows or bad rows out, one after another."""
