from hypothesis import given
from hypothesis import strategies as st

from fixloop.workspace.text import did_you_mean, escaped, normalise, shown, text_digest


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
