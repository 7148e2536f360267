import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixloop.workspace.text import did_you_mean, escaped, is_near_miss, normalise, shown, text_digest


def test_texts_that_differ_in_case_width_and_blanks_are_one_text() -> None:
    assert normalise("  Ｈello\tStraße\n") == normalise("hello STRASSE")
    assert text_digest("I  AM locked out") == text_digest("i am locked out")
    assert len(text_digest("x")) == 16


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text())
def test_what_is_shown_cannot_steer_a_terminal(text: str) -> None:
    assert shown(text).isprintable()
    assert escaped(text).isprintable()
    assert len(shown("x" * 500)) < 100


def test_controls_and_bidi_marks_are_escaped() -> None:
    assert shown("\x1b[31m\u202eabc\n") == '"\\x1b[31m\\u{202e}abc\\n"'


def test_the_nearest_name_is_offered() -> None:
    assert did_you_mean("holder", ["holders", "branch"]) == "did you mean `holders`?"
    assert did_you_mean("zzz", ["holders"]) == "known here: `holders`"
    assert did_you_mean("zzz", ["holders"], otherwise="add it") == "add it"


@pytest.mark.parametrize(
    ("text", "known", "near"),
    [
        ("Lantern Cuort", "Lantern Court", True),
        ("LANTERN  court", "Lantern Court", True),
        ("in house", "in_house", True),
        ("smsm", "smms", True),
        ("canceled", "cancelled", True),
        ("cnfirmd", "confirmed", False),
        ("confirmd", "confirmed", True),
        ("late", "date", False),
        ("Lumen M", "Lumen L", False),
        ("refund_sent", "refund_lost", False),
        ("Lantren Cuort", "Lantern Court", True),
        ("tier_1", "tier_2", False),
        ("unverified", "verified", False),
        ("paid", "unpaid", False),
        ("open", "open", False),
        ("", "open", False),
        ("--", "?!", False),
    ],
)
def test_a_slip_of_the_pen(text: str, known: str, near: bool) -> None:
    assert is_near_miss(text, known) is near
    assert is_near_miss(known, text) is near
