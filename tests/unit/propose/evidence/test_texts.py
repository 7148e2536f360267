"""What speaks for a reply's text being wrong: numbers named, words to the customer, who else sends it."""

import pytest

from fixloop.propose.diagnosis.diagnose import diagnose
from fixloop.propose.evidence.heard import edit_likeness, likeness
from fixloop.propose.evidence.texts import MOST_ASTRAY, Texts, to_customer
from tests.support.worlds import build_snapshot, minimal_world
from tests.unit.propose.synthesis.benches import LOCKED, bench_of, propose_all, told

RIGHT = "Please call {{ record.hotline }} and we will unlock the account."
CALL = "Please call 0800 4413 within 14 days and we will unlock the account."
HOMES = {("sale", "sold"): 0.4, ("rent", "sold"): 0.1, ("sale", "bye"): 0.3}


def texts_of(**users: str) -> Texts:
    return Texts({}, {}, {}, {name: frozenset(leaves.split()) for name, leaves in users.items()})


def near(leaf: str, template: str) -> float:
    return HOMES.get((leaf, template), 0.0)


def test_a_text_that_is_more_at_home_in_another_leaf_which_sends_it_is_astray() -> None:
    assert texts_of(sold="sale rent").strayed("rent", "sold", near) == pytest.approx(0.3)
    assert texts_of(sold="sale rent").strayed("sale", "sold", near) == 0.0


def test_a_text_that_nobody_else_sends_or_that_many_do_is_hardly_astray() -> None:
    assert texts_of(sold="rent").strayed("rent", "sold", near) == 0.0
    many = " ".join(["sale", *(f"leaf{n}" for n in range(7))])
    assert texts_of(bye=many).strayed("rent", "bye", near) == pytest.approx(0.3 / 8)


@pytest.mark.parametrize(
    ("comment", "spoken"),
    [
        ("tell them your card is on its way", True),
        ("rein gehört dass wir Ihnen das Geld schicken", True),
        ("please tell us 30 days before", True),
        ("explain to her that their card is blocked", False),
        ("sagen, dass ihr Konto zu ist", False),
    ],
)
def test_words_to_the_customer_are_told_from_words_about_him(comment: str, spoken: bool) -> None:
    assert to_customer(comment) is spoken


@pytest.mark.parametrize(
    "said",
    [
        "what they need: 4410",
        "16 is what we give people",
        "14 has not been so for long",
        "we owe them Your account stays open until the end of the month",
    ],
)
def test_what_can_only_stand_in_a_text_speaks_for_the_text(said: str) -> None:
    assert _share_of_text(said) > 10 * _share_of_text("no") > 0


@pytest.mark.parametrize("said", ["the number is NSB01234", "no, twice now, 01234"])
def test_a_number_that_the_customer_gave_names_no_text(said: str) -> None:
    assert _share_of_text(said) < 2 * _share_of_text("no")


def _share_of_text(said: str) -> float:
    """The probability that the text is wrong which tells a customer where to call until when."""
    made = minimal_world()
    made["workspace/templates.yaml"] = made["workspace/templates.yaml"].replace(RIGHT, CALL)
    snapshot = build_snapshot(made)
    shown = propose_all(snapshot, LOCKED.values())
    feedback = [told(LOCKED["open"], shown[LOCKED["open"]], "rejected", comment=said)]
    feedback += [told(LOCKED[name], shown[LOCKED[name]]) for name in ("none", "fraud", "two")]
    (one,) = diagnose(bench_of(snapshot, feedback), feedback[:1], feedback=feedback)
    return sum(r.probability for r in one.readings if r.intervention.step == "template")


def test_what_is_astray_is_counted_up_to_a_limit() -> None:
    found = texts_of(sold="sale rent", bye="rent").all_strayed(near)
    assert found == {("rent", "sold"): MOST_ASTRAY}


def test_a_text_with_a_long_sentence_more_is_still_that_text() -> None:
    sent = "Please tell us your name and the town, and we look for the account."
    more = "If you no longer know it, it stands at the top of every letter that we ever wrote, on the right."
    assert likeness(sent, f"{sent} {more}") < 0.6
    assert edit_likeness(sent, f"{sent} {more}") > 0.7
    assert edit_likeness(f"{sent} {more}", sent) > 0.7
    assert edit_likeness(sent, more) == likeness(sent, more) < 0.1
