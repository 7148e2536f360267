"""A merged fix is marked when staff reject again what it was for."""

import pytest

from fixloop.feedback.model import Feedback
from fixloop.hints.ledger import HintState
from fixloop.hints.model import Hint
from fixloop.hints.operation import Operation
from fixloop.hints.store import HintBook
from fixloop.propose.offer.recurred import recurrences

TEXT = "my card is stuck"


def said(key: str, text: str) -> Feedback:
    return Feedback(
        key, "native", {"id": key, "text": text}, "rejected", "no", "staff-1", "2026-11-01T08:00:00Z"
    )


def a_hint(word: str, *evidence: str, idea: str = "f-1", operations: bool = True) -> Hint:
    made = (Operation("add_example", {"leaf": "card", "text": word}),) if operations else ()
    return Hint("intent", "add_example", "examples/card.jsonl", "teach", evidence, made, fingerprint=idea)


def book_of(hint: Hint, status: str = "merged") -> HintBook:
    return HintBook({hint.id: hint}, {hint.id: HintState(status)}, ())


FEEDBACK = [said("fb-1", TEXT), said("fb-2", TEXT.upper()), said("fb-3", "something else")]
MERGED = a_hint("stuck", "fb-1")


def test_the_same_ticket_and_the_same_idea() -> None:
    fresh = a_hint("again", "fb-2", "fb-3")
    (found,) = recurrences(book_of(MERGED), FEEDBACK, [fresh])
    assert (found.merged, found.fresh, found.feedback) == (MERGED, fresh, ("fb-2",))


@pytest.mark.parametrize(
    "fresh",
    [
        pytest.param(a_hint("again", "fb-3"), id="another ticket"),
        pytest.param(a_hint("again", "fb-2", idea="f-2"), id="another idea"),
        pytest.param(a_hint("again", "fb-1"), id="only what the fix rests on"),
        pytest.param(a_hint("again", "fb-2", operations=False), id="no fix"),
    ],
)
def test_not_so(fresh: Hint) -> None:
    assert recurrences(book_of(MERGED), FEEDBACK, [fresh]) == ()


@pytest.mark.parametrize("status", ["approved", "reverted", "recurred"])
def test_only_what_is_merged_recurs(status: str) -> None:
    assert recurrences(book_of(MERGED, status), FEEDBACK, [a_hint("again", "fb-2")]) == ()
