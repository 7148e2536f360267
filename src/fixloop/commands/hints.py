"""`hints`, `show`: the queue, and one hint with its evidence and its diff."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.commands.propose import hint_rows
from fixloop.commands.stakes import weighed
from fixloop.errors import FixloopError
from fixloop.feedback.model import Feedback
from fixloop.hints.ids import short_id
from fixloop.hints.ledger import CLOSED, Event, in_order
from fixloop.hints.model import Hint
from fixloop.propose.offer.rank import rank, worth_of
from fixloop.propose.offer.stakes import NO_STAKES, Stakes
from fixloop.queue.elsewhere import Elsewhere, elsewhere
from fixloop.queue.ground import called, commit_of, target_branch
from fixloop.queue.rebuild import rebuild
from fixloop.queue.standing import NOWHERE, Standing, standings
from fixloop.workspace.columns import NO_COLUMNS, Columns, columns_of
from fixloop.workspace.stored import load_stored
from fixloop.workspace.unified import unified


@dataclass(frozen=True, slots=True)
class HintList:
    """Hints with their statuses and short names, best first, open ones before closed."""

    hints: tuple[Hint, ...]
    statuses: tuple[str, ...]
    waiting: int
    names: tuple[str, ...] = ()
    stakes: Mapping[str, Stakes] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """`hints --json`."""
        rows = hint_rows(self.hints, self.statuses, self.stakes, self.chosen)
        open_ones = sum(status not in CLOSED for status in self.statuses)
        return {"hints": rows, "ended": f"{open_ones} open, {len(rows) - open_ones} closed"}


Beside = tuple[str, str | None, Elsewhere | None, Standing, Columns]
Told = tuple[tuple[Feedback, ...], str, tuple[Event, ...], Stakes | None, *Beside]


@dataclass(frozen=True, slots=True)
class HintDetail:
    """One hint with what led to it: evidence, the diff it would make, its history, what stands at stake."""

    hint: Hint
    status: str
    evidence: tuple[Feedback, ...]
    diff: str
    events: tuple[Event, ...]
    stakes: Stakes | None = None
    onto: str = "HEAD"
    chosen_by: str | None = None
    elsewhere: Elsewhere | None = None
    standing: Standing = NOWHERE
    columns: Columns = NO_COLUMNS

    @property
    def told(self) -> Told:
        """What a page of it shows beside hint and status, in the order of `draw_hint`."""
        beside = (self.onto, self.chosen_by, self.elsewhere, self.standing, self.columns)
        return (self.evidence, self.diff, self.events, self.stakes, *beside)

    def to_json(self) -> dict[str, Any]:
        """`show --json`."""
        return {
            **self.hint.to_json(),
            "status": self.status,
            "chosen_by": self.chosen_by,
            "feedback": [
                {
                    "id": f.id,
                    "ticket": dict(f.ticket),
                    "comment": f.comment,
                    "reviewer": f.reviewer,
                    "outcome": f.outcome,
                }
                for f in self.evidence
            ],
            "diff": self.diff,
            "events": [event.to_json() for event in self.events],
            "worth": round(worth_of(self.hint, self.stakes or NO_STAKES), 6),
            "stakes": self.stakes.to_json() if self.stakes else None,
        }


def list_hints(desk: Desk, every: bool = False) -> HintList:
    """Open hints, best first; `every` adds the closed ones behind them."""
    ground = desk.ground()
    book = ground.book
    # Each by itself: what is decided takes nothing away from what waits.
    waiting = [hint for hint in book.hints.values() if book.is_open(hint.id)]
    closed = [hint for hint in book.hints.values() if every and not book.is_open(hint.id)]
    stakes = weighed(desk, [*waiting, *closed])
    open_ones = rank(waiting, stakes)
    open_ones.sort(key=lambda hint: book.status(hint.id) == "deferred")
    shown = [*open_ones, *rank(closed, stakes)]
    statuses = tuple(book.status(hint.id) for hint in shown)
    names = tuple(short_id(hint.id, book.hints) for hint in shown)
    return HintList(tuple(shown), statuses, len(open_ones), names, stakes, book.chosen)


def show_hint(desk: Desk, hint_id: str, onto: str | None = None) -> HintDetail:
    """Everything a person needs to decide on one hint."""
    ground = desk.ground()
    book = ground.book
    hint = book.find(hint_id)
    wanted = set(hint.evidence)
    evidence = tuple(one for one in ground.feedback if one.id in wanted)
    history = tuple(event for event in in_order(book.events) if event.hint == hint.id)
    stakes = weighed(desk, [hint], onto).get(hint.id)
    target = target_branch(desk.repo, onto)
    return HintDetail(
        hint,
        book.status(hint.id),
        evidence,
        _diff(desk, hint, onto),
        history,
        stakes,
        called(desk.repo, target),
        book.chosen.get(hint.id),
        elsewhere(ground, hint, target),
        standings(ground, [hint], onto)[hint.id],
        columns_at(desk, onto),
    )


def columns_at(desk: Desk, onto: str | None = None) -> Columns:
    """What names a record on the branch fixes go to; nothing where that cannot be read."""
    try:
        snapshot = desk.tree(commit_of(desk.repo, target_branch(desk.repo, onto)))
        return columns_of(load_stored(snapshot, desk.cache))
    except FixloopError:
        return NO_COLUMNS


def _diff(desk: Desk, hint: Hint, onto: str | None) -> str:
    """The change on the newest base; a conflict is told in its place."""
    snapshot = desk.tree(commit_of(desk.repo, target_branch(desk.repo, onto)))
    try:
        edits = rebuild(snapshot, hint) if hint.operations else {}
    except FixloopError as error:
        return f"(does not apply to the present state: {error.message})"
    return "".join(unified(path, snapshot.read(path), data) for path, data in sorted(edits.items()))
