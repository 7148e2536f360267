"""Several intents in one ticket: told, with both leaves, and no leaf is bent to it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from fixloop.feedback.model import Feedback
from fixloop.hints.model import Hint
from fixloop.propose.diagnosis.several import parts_of_text, says_several
from fixloop.propose.run import propose
from tests.support.worlds import minimal_world
from tests.unit.propose.diagnosis.test_diagnosis import bench_of, said_of

LOCKED, RECALL = "my account is locked", "recall the payment I made this morning"
BOTH = f"{LOCKED}. Also, please {RECALL}"


def found_for(*feedback: Feedback) -> Sequence[Hint]:
    return propose(bench_of(minimal_world(), feedback), feedback, (), {}).hints


def one_of(text: str, comment: str, number: int = 1, **more: Any) -> Feedback:
    return replace(said_of(minimal_world(), number, text, comment), reviewer=f"staff-{number}", **more)


def other_leaf(text: str) -> str:
    """The leaf of the part that the proposal did not answer."""
    leaf = one_of(text, "").proposal["leaf"]
    return {"account_locked": "payment_recall", "payment_recall": "account_locked"}[leaf]


@pytest.mark.parametrize("comment", ["the customer asks two things", "das sind zwei Anliegen"])
def test_staff_say_that_a_ticket_asks_for_two_things(comment: str) -> None:
    [hint] = found_for(one_of(BOTH, comment))
    assert (hint.step, hint.kind) == ("none", "several")
    assert "account_locked" in hint.summary
    assert "payment_recall" in hint.summary
    assert "2 tickets" in hint.summary
    assert 0 < hint.confidence <= 1
    assert Hint.from_json(hint.to_json()).kind == "several"


def test_what_staff_expect_is_the_other_parts_leaf_and_nobody_else_asks_for_it() -> None:
    [hint] = found_for(one_of(BOTH, "no", expected={"leaf": other_leaf(BOTH)}))
    assert hint.kind == "several"


def test_one_thing_in_two_sentences_is_not_several() -> None:
    text = f"{LOCKED}. I can no longer access the account"
    assert all(hint.kind != "several" for hint in found_for(one_of(text, "two things at once")))


def test_what_others_ask_for_too_is_a_fix_and_not_several() -> None:
    wish = {"leaf": "transfer_failed"}
    told = [
        one_of("my money is back in the account again", "transfer failed", 1, expected=wish),
        one_of("the money came home again", "transfer failed", 2, expected=wish),
    ]
    assert all(hint.kind != "several" for hint in found_for(*told))


def test_parts_and_words() -> None:
    assert parts_of_text(f"1. {LOCKED} 2. {RECALL}") == [LOCKED, RECALL]
    german = "Mein Konto ist gesperrt und außerdem möchte ich die Zahlung zurück"
    assert parts_of_text(german) == ["Mein Konto ist gesperrt", "außerdem möchte ich die Zahlung zurück"]
    assert len(parts_of_text(f"{LOCKED}, {RECALL}")) == 1
    assert parts_of_text(f"{LOCKED}, {RECALL}", finely=True) == [LOCKED, RECALL]
    assert parts_of_text("thanks. hi!") == []
    assert says_several("also asks for a statement")
    assert not says_several("both records match")
    assert not says_several("this is another matter")
