"""Whether staff call a leaf by its name, and whether they say that it is that or that it is not."""

import pytest

from fixloop.propose.evidence.heard import hear, says_missing, says_wrong_row
from fixloop.propose.words.words import read_comment
from tests.unit.propose.synthesis.benches import LOCKED, propose_all, told, world


@pytest.mark.parametrize(
    ("comment", "leaf", "called"),
    [
        ("should be bin_gone", "bin_gone", True),
        ("this is direct debit!", "direct_debit", True),
        ("bin gone, and quickly", "bin_gone", True),
        ("this is a breakdown", "breakdown", True),
        ("das ist eine Storno", "storno", True),
        ("the breakdown service", "breakdown", False),
        ("this is bin_new, not bin_size", "bin_new", True),
        ("this is bin_new, not bin_size", "bin_size", False),
        ("the bin is gone", "bin_gone", False),
        ("should be weather", "weather", True),
        ("Weather", "weather", True),
        ("das ist kuendigung", "kündigung", True),
        ("he wrote about the weather and his card", "weather", False),
        ("no", "bin_gone", False),
    ],
)
def test_a_leaf_is_called_by_its_name(comment: str, leaf: str, called: bool) -> None:
    text = LOCKED["open"]
    shown = propose_all(world(), [text])[text]
    one = told(text, shown, "rejected", comment=comment)
    heard = hear(0, one, shown, read_comment(comment), read_comment(""), False)
    assert heard.calls(leaf) is called


@pytest.mark.parametrize(
    ("comment", "sources", "wrong"),
    [
        ("wrong customer", (), True),
        ("Falscher Kunde!!", (), True),
        ("that is the wrong booking", ("bookings",), True),
        ("that is the wrong booking", ("trips",), False),
        ("the customer is wrong", (), False),
        ("wrong answer to the customer", (), False),
    ],
)
def test_a_wrong_customer_is_a_wrong_record(comment: str, sources: tuple[str, ...], wrong: bool) -> None:
    assert says_wrong_row(comment, sources) is wrong


@pytest.mark.parametrize(
    ("comment", "missing"),
    [
        ("we need an answer for child seats", True),
        ("there is no leaf for this", True),
        ("we have nothing on parrots", True),
        ("Kindersitz, dafür gibt es nichts", True),
        ("uns fehlt eine Vorlage", True),
        ("da fehlt uns eine Vorlage", True),
        ("this is nothing for us", False),
        ("no answer came", False),
        ("she needs an answer today", False),
    ],
)
def test_an_answer_that_is_needed_is_missing(comment: str, missing: bool) -> None:
    assert says_missing(comment) is missing
