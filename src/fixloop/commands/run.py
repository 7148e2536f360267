"""`run`: proposals for tickets, in batches, each with its trace; a bad line spoils no other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from fixloop.commands.shelf import Shelf
from fixloop.errors import FixloopError, Place
from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.pipeline.proposal import Proposal
from fixloop.pipeline.ticket import Ticket, parse_ticket_line
from fixloop.workspace.stored import load_stored

BATCH = 2000
"""Tickets proposed together: step one is several times cheaper on many texts than on one."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """One ticket and the pipeline's answer."""

    ticket: Ticket
    proposal: Proposal

    def to_json(self) -> dict[str, Any]:
        """A line of `run --json`."""
        return self.proposal.to_json()


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no ticket."""

    place: Place
    message: str
    mend: str


def run_tickets(
    shelf: Shelf, lines: Iterable[bytes], name: str, ref: str | None = None
) -> Iterator[list[Proposed | BadLine]]:
    """Batches of answers in the order of the lines; blank lines are nothing.

    Raises:
        WorkspaceInvalid: before the first line is read.
    """
    return _batches(_pipeline(shelf, ref), lines, name)


def run_text(shelf: Shelf, text: str, ref: str | None = None) -> Proposed:
    """The answer to one text that is no ticket of anybody's."""
    ticket = Ticket("text", text)
    return Proposed(ticket, _pipeline(shelf, ref).propose([ticket])[0])


def _pipeline(shelf: Shelf, ref: str | None) -> Pipeline:
    snapshot = shelf.snapshot(ref)
    workspace = load_stored(snapshot, shelf.cache)
    shelf.progress("compiling the workspace")
    return compile_pipeline(workspace, shelf.cache, workspace_id=shelf.name(ref, snapshot))


def _batches(pipeline: Pipeline, lines: Iterable[bytes], name: str) -> Iterator[list[Proposed | BadLine]]:
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    while batch := list(islice(numbered, BATCH)):
        read = [_read(line, Place(name, number)) for number, line in batch]
        tickets = [one for one in read if isinstance(one, Ticket)]
        proposals = iter(pipeline.propose(tickets))
        yield [Proposed(one, next(proposals)) if isinstance(one, Ticket) else one for one in read]


def _read(line: bytes, place: Place) -> Ticket | BadLine:
    try:
        return parse_ticket_line(line)
    except FixloopError as error:
        return BadLine(place, error.message, error.mend)
