"""Which feedback hints speak for, which is open again, and which hints are done with by others."""

from collections.abc import Sequence

from fixloop.hints.model import Hint
from fixloop.hints.store import HintBook

NO_FAULT = frozenset({"staff_wrong", "customer_wrong", "one_off", "duplicate"})
"""Reasons that say of the feedback itself that no fix is wanted, or that it has one."""


def handled_feedback(book: HintBook) -> frozenset[str]:
    """Feedback that a hint rests on, unless that hint came to nothing and the wish is open again.

    What is only shown ("nothing to fix", or work that nobody has written yet), or asked about one ticket and
    not answered yet, may become part of a fix when others say the same.
    """
    reopened = {"conflict", "failed", "reverted", "recurred"}
    found = (hint for hint in book.hints.values() if book.status(hint.id) not in reopened)
    closed = (hint for hint in found if not _only_shown(book, hint) and not _misread(book, hint))
    return frozenset(one for hint in closed for one in hint.evidence)


def read_again(book: HintBook) -> frozenset[str]:
    """Feedback whose hint was rejected: it may support another fix, or the same with twice the support.

    Only together with what is new: nobody is asked twice about the same rejections.
    """
    found = (hint for hint in book.hints.values() if _misread(book, hint))
    return frozenset(one for hint in found for one in hint.evidence)


def _misread(book: HintBook, hint: Hint) -> bool:
    """Whether a hint was rejected for what it proposes, not for what staff said."""
    state = book.states.get(hint.id)
    if state is None or state.status != "rejected":
        return False
    why = state.last.why if state.last else None
    return (why or {}).get("code") not in NO_FAULT


def _only_shown(book: HintBook, hint: Hint) -> bool:
    asked = hint.question is not None and hint.one_off
    waits = hint.step == "none" or asked or (hint.is_unwritten and hint.kind != "spec")
    return waits and book.status(hint.id) in {"proposed", "deferred", "superseded"}


def answered(book: HintBook, settled: frozenset[str]) -> list[Hint]:
    """Open hints that only show rejections which the base has answered meanwhile."""
    return [
        hint
        for hint in sorted(book.hints.values(), key=lambda hint: hint.id)
        if _only_shown(book, hint) and book.is_open(hint.id) and set(hint.evidence) <= settled
    ]


def overtaken(book: HintBook, hints: Sequence[Hint]) -> list[tuple[Hint, Hint]]:
    """(shown hint, new hint) where the new one, the first of several, takes up all the shown one rests on."""
    open_ones = [h for h in book.hints.values() if _only_shown(book, h) and book.is_open(h.id)]
    heirs = [
        (
            old,
            [n for n in hints if n.id != old.id and n.step != "none" and set(old.evidence) <= {*n.evidence}],
        )
        for old in sorted(open_ones, key=lambda hint: hint.id)
    ]
    return [(old, found[0]) for old, found in heirs if found]
