"""Which feedback hints speak for, which is open again, and which hints are done with by others."""

from collections.abc import Iterable, Sequence

from fixloop.hints.ledger import JOINS, NOTED, UNDECIDED, in_order
from fixloop.hints.model import Hint
from fixloop.hints.store import HintBook

NO_FAULT = frozenset({"staff_wrong", "customer_wrong", "one_off", "duplicate"})
"""Reasons that say of the feedback itself that no fix is wanted, or that it has one."""

_SPEAKS_FOR_NOBODY = frozenset({"superseded", "conflict", "failed", "reverted", "recurred"})
"""Statuses of a hint that came to nothing, or whose place others took: they speak for what they mend."""

_JUDGES = "eval_data"
"""The step of hints that change what is asked: they answer nobody."""


def handled_feedback(book: HintBook) -> frozenset[str]:
    """Feedback that a hint speaks for: it needs no other.

    What is only shown ("nothing to fix", or work that nobody has written yet), or asked about one ticket and
    not answered yet, may become part of a fix when others say the same. What a note was made on since is read
    again, with all that waits for one decision with it.
    """
    unheard = _unheard(book)
    found = [h for h in book.hints.values() if book.status(h.id) not in _SPEAKS_FOR_NOBODY]
    found = [h for h in found if not _is_provisional(book, h, unheard) and not _misread(book, h)]
    return _evidence_of(found) - unheard


def read_again(book: HintBook) -> frozenset[str]:
    """Feedback whose hint was rejected: it may support another fix, or the same with twice the support.

    So may what a person has said is work that is still to be written. Only together with what is new: nobody
    is asked twice about the same rejections.
    """
    chosen = book.chosen
    waits = [h for h in book.with_status(*UNDECIDED) if h.id in chosen and _only_shown(book, h)]
    found = [*waits, *(hint for hint in book.hints.values() if _misread(book, hint))]
    return _evidence_of(found) - handled_feedback(book) - _unheard(book)


def _unheard(book: HintBook) -> frozenset[str]:
    """Feedback with a note that was made after every hint resting on it."""
    if not any(event.event == NOTED for event in book.events):
        return frozenset()
    said: set[str] = set()
    for event in in_order(book.events):
        if event.event == NOTED:
            said.add(str(event.data["feedback"]))
        elif event.event in ("proposed", JOINS) and event.hint in book.hints:
            said -= {*book.hints[event.hint].evidence}
    return frozenset(said)


def _misread(book: HintBook, hint: Hint) -> bool:
    """Whether a hint was rejected for what it proposes, not for what staff said."""
    state = book.states.get(hint.id)
    if state is None or state.status != "rejected":
        return False
    why = state.last.why if state.last else None
    return (why or {}).get("code") not in NO_FAULT


def _is_provisional(book: HintBook, hint: Hint, unheard: frozenset[str]) -> bool:
    """Whether others may still take a hint's place: it is only shown, or has not heard the last word."""
    waits = book.status(hint.id) in UNDECIDED
    return _only_shown(book, hint) or (waits and not unheard.isdisjoint(hint.evidence))


def _only_shown(book: HintBook, hint: Hint) -> bool:
    asked = hint.question is not None and hint.one_off
    waits = hint.step == "none" or asked or (hint.is_unwritten and hint.kind != "spec")
    return waits and book.status(hint.id) in UNDECIDED


def answered(book: HintBook, settled: frozenset[str]) -> list[Hint]:
    """Open hints that only show rejections which the base has answered meanwhile."""
    return [hint for hint in _undecided(book) if _only_shown(book, hint) and set(hint.evidence) <= settled]


def overtaken(book: HintBook, hints: Sequence[Hint]) -> list[tuple[Hint, Hint]]:
    """(provisional hint, new hint) where new ones, of them the first, take up all the other rests on."""
    unheard = _unheard(book)
    heirs = [(old, _heirs(old, hints)) for old in _undecided(book) if _is_provisional(book, old, unheard)]
    return [(old, found[0]) for old, found in heirs if found]


def _heirs(old: Hint, hints: Sequence[Hint]) -> list[Hint]:
    """The hints that each, or else together, take a hint's place.

    Where it is found again they have taken together only what it does not say.
    """
    known = set(old.evidence)
    near = [one for one in hints if one.id != old.id and one.step != "none" and known & {*one.evidence}]
    whole = [one for one in near if known <= {*one.evidence}]
    found_again = any(one.id == old.id for one in hints)
    shared = not found_again and known <= _evidence_of(near)
    return whole or (near if shared else [])


def covered(book: HintBook) -> list[tuple[Hint, Hint]]:
    """(waiting hint, fix) where fixes that landed since have answered all it rests on; the last is named."""
    order = {(event.event, event.hint): number for number, event in enumerate(in_order(book.events))}
    fixes = [hint for hint in book.with_status("merged") if hint.step != _JUDGES]
    fixes.sort(key=lambda hint: order["merged", hint.id])
    found = []
    for hint in _undecided(book):
        known, proposed = set(hint.evidence), order.get(("proposed", hint.id), -1)
        since = [fix for fix in fixes if order["merged", fix.id] > proposed and known & {*fix.evidence}]
        if since and hint.step != _JUDGES and known <= _evidence_of(since):
            found.append((hint, since[-1]))
    return found


def _evidence_of(hints: Iterable[Hint]) -> frozenset[str]:
    return frozenset(one for hint in hints for one in hint.evidence)


def _undecided(book: HintBook) -> list[Hint]:
    return book.with_status(*UNDECIDED)
