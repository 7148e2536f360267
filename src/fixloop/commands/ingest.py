"""`ingest`: what staff said, validated, redacted with its fixture, stored once; bad rows set aside."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from fixloop.commands.desk import Desk
from fixloop.errors import BadInput, EnvironmentLacks, Place
from fixloop.feedback.catalog import reader_of
from fixloop.feedback.incoming import BadRow, Incoming, Reader
from fixloop.feedback.intake import Intake
from fixloop.feedback.lines import refuse_no_text
from fixloop.feedback.pile import Pile, Source
from fixloop.feedback.quarantine import (
    is_quarantine,
    quarantine_line,
    quarantine_path,
    rows_inside,
    without_quarantines,
)
from fixloop.feedback.shards import pack_shards, read_feedback
from fixloop.feedback.slips import Names, Slip
from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.queue.ground import commit_of, target_branch
from fixloop.workspace.stored import load_stored

BATCH = 1000
"""Rows worked on together: step one is several times cheaper on many texts than on one."""

STDIN = "-"
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A file of rows that could not be used, beside the input they came from."""

    input: str
    path: Path
    rows: tuple[BadRow, ...]


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What one run did; `ingest` names what it stored, None where that was nothing.

    `skipped` are files of rows set aside before that stood among other inputs, `unread` the lossy rejections,
    `slips` names that staff expected and that there nearly are.
    """

    ingest: str | None
    stored: int
    duplicates: int
    linked: int
    lossy: int
    quarantines: tuple[Quarantine, ...] = ()
    skipped: tuple[str, ...] = ()
    unread: tuple[Source, ...] = ()
    slips: Mapping[Slip, tuple[Source, ...]] = field(default_factory=dict)

    @property
    def quarantined(self) -> int:
        """How many rows were set aside."""
        return sum(len(one.rows) for one in self.quarantines)

    @property
    def good(self) -> bool:
        """Whether every row could be used."""
        return not self.quarantined

    def to_json(self) -> dict[str, Any]:
        """`ingest --json`."""
        return {
            "ingest": self.ingest,
            "stored": self.stored,
            "duplicates": self.duplicates,
            "linked": self.linked,
            "quarantined": self.quarantined,
            "lossy": self.lossy,
        }


def ingest(
    desk: Desk,
    files: Sequence[str | Path],
    format: str = "native",
    onto: str | None = None,
    by_hand: bool = True,
) -> IngestResult:
    """Store what is new in the files (`-`: stdin) in one commit of the record.

    A row without a proposal gets the one that the branch fixes go to gives now. Bad rows go to
    `<input>.quarantine.jsonl`, readable by its owner only, and never stop the good ones. Such a file is read
    where somebody names it `by_hand` and no other input beside it, and what stays bad goes back to it.

    Raises:
        BadInput: no such format, or a file that is not there or holds no text; then nothing is stored.
    """
    read = reader_of(format)
    named = list(dict.fromkeys(map(str, files)))
    names = without_quarantines(named, by_hand)
    for name in names:
        _refuse_unreadable(name)
    with desk.lock():
        found = _Run(desk, read, format, onto).run(names)
    return replace(found, skipped=tuple(one for one in named if one not in names))


@dataclass
class _Run:
    """One run under the lock."""

    desk: Desk
    read: Reader
    format: str
    onto: str | None
    rows: int = 0

    def run(self, names: Sequence[str]) -> IngestResult:
        """All files; the record first, then the quarantines: a run killed between is simply run again."""
        pile = Pile(read_feedback(self.desk.state))
        pipeline = self._pipeline()
        intake, known = Intake(pipeline, self.desk.key(), self.format), Names(pipeline.workspace)
        quarantines = [self._take(name, intake, pile, known) for name in names]
        stored = pile.settle()
        if stored.ingest_id:
            shards = pack_shards(stored.lines, self.desk.clock.now()[:7], stored.ingest_id)
            self.desk.state.add(shards, f"ingest {stored.ingest_id}: {len(stored.lines)} pieces of feedback")
        for one in quarantines:
            self._set_aside(one)
        return IngestResult(
            ingest=stored.ingest_id,
            stored=len(stored.lines),
            duplicates=self.rows - len(stored.lines),
            linked=stored.linked,
            lossy=stored.lossy,
            quarantines=tuple(one for one in quarantines if one.rows),
            unread=stored.unread,
            slips=stored.slips,
        )

    def _pipeline(self) -> Pipeline:
        commit = commit_of(self.desk.repo, target_branch(self.desk.repo, self.onto))
        self.desk.progress("compiling the workspace")
        workspace = load_stored(self.desk.base(commit), self.desk.cache)
        return compile_pipeline(workspace, self.desk.cache, workspace_id=commit)

    def _take(self, name: str, intake: Intake, pile: Pile, known: Names) -> Quarantine:
        bad: list[BadRow] = []
        with _opened(name) as stream:
            if isinstance(stream, BufferedReader):
                with _at(name):
                    refuse_no_text(stream.peek(_HEAD))
            for batch in _batches(self.read(rows_inside(stream) if is_quarantine(name) else stream), bad):
                for one in intake.take(batch):
                    pile.add(one, known.slips_in(one.expected))
                self.rows += len(batch)
                self.desk.progress(f"{self.rows} rows")
        return Quarantine(name, Path(quarantine_path("stdin" if name == STDIN else name)), tuple(bad))

    def _set_aside(self, one: Quarantine) -> None:
        """Write the bad rows; where there are none, those of an earlier run are done with."""
        try:
            if one.rows:
                self.desk.write(one.path, b"".join(map(quarantine_line, one.rows)), 0o600)
            elif one.input != STDIN:
                one.path.unlink(missing_ok=True)
        except OSError as error:
            raise EnvironmentLacks(
                f"{len(one.rows)} bad rows cannot be set aside: {error.strerror}; the good ones are stored",
                place=Place(str(one.path)),
                mend="make the folder writable, or read the rows from stdin in another one",
            ) from error


def _batches(rows: Iterable[Incoming | BadRow], bad: list[BadRow]) -> Iterator[list[Incoming]]:
    """The good rows in batches; the others are put into `bad`."""
    stream = iter(rows)
    while read := list(islice(stream, BATCH)):
        bad += [row for row in read if isinstance(row, BadRow)]
        yield [row for row in read if isinstance(row, Incoming)]


# --- files ----------------------------------------------------------------------------------------------


def _refuse_unreadable(name: str) -> None:
    """Every file is looked at before anything is done: of several, none is stored when one is wrong."""
    if name == STDIN:
        return
    path = Path(name)
    if path.is_dir():
        raise BadInput("this is a folder", place=Place(name), mend="name the files in it")
    if path.is_file():
        with _opened(name) as stream, _at(name):
            refuse_no_text(stream.read(_HEAD))
    elif not path.exists():
        raise BadInput("there is no such file", place=Place(name), mend="fixloop ingest FILE, or - for stdin")


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == STDIN:
        yield sys.stdin.buffer
        return
    try:
        with Path(name).open("rb") as stream:
            yield stream
    except OSError as error:
        if error.filename is None:  # not about this file: whoever reads the lines failed
            raise
        raise BadInput(f"cannot be read: {error.strerror}", place=Place(name)) from error


@contextmanager
def _at(name: str) -> Iterator[None]:
    """What is wrong inside is wrong with this file."""
    try:
        yield
    except BadInput as error:
        raise BadInput(error.message, place=Place(name), mend=error.mend) from error
