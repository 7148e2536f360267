"""Which rejections a later change has answered: by what staff saw, whatever order it came in."""

from dataclasses import replace
from typing import Any

import pytest

from fixloop.feedback.model import Feedback
from fixloop.propose.bench.settled import is_settled
from tests.unit.propose.synthesis.benches import LOCKED, bench_of, propose_all, told, world


def rejected(**changed: Any) -> Feedback:
    """The ticket with two accounts, rejected; some keys of its recorded proposal otherwise."""
    text = LOCKED["two"]
    one = told(text, propose_all(world(), [text])[text], "rejected")
    assert len(one.proposal["records"]) == 2
    return replace(one, proposal={**one.proposal, **changed})


def settled(one: Feedback) -> bool:
    return is_settled(bench_of(world(), [one]), one)


def test_records_that_tie_are_the_same_in_either_order() -> None:
    # Surrogates take the place of a customer's numbers, and sort otherwise than they do.
    one = rejected()
    assert not settled(one)
    assert not settled(rejected(records=one.proposal["records"][::-1]))


def test_what_replay_cannot_tell_is_not_settled() -> None:
    # The answer is another one because names were replaced, and not because anybody mended anything.
    assert not settled(replace(rejected(leaf="card_stolen"), replay="lossy"))


@pytest.mark.parametrize("changed", [{"leaf": "card_stolen"}, {"branch": "gone"}, {"records": []}])
def test_another_place_is_a_change(changed: dict[str, Any]) -> None:
    assert settled(rejected(**changed))
