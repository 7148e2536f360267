import re

from hypothesis import given
from hypothesis import strategies as st

from fixloop.feedback.forms import Forms
from fixloop.feedback.spelling import alphabet, canonical, spell
from fixloop.feedback.surrogates import Surrogates, fitted
from fixloop.workspace.model import FieldRule

KEY = b"k" * 32
signs = st.from_regex(re.compile(r"[a-z2346789]{1,10}"), fullmatch=True).map(canonical)


@given(signs)
def test_a_surrogate_keeps_length_and_kinds(value: str) -> None:
    found = Surrogates(KEY).of(value)
    assert [alphabet(sign) for sign in found] == [alphabet(sign) for sign in value]


@given(signs)
def test_a_surrogate_is_another_value_and_always_the_same(value: str) -> None:
    found = Surrogates(KEY).of(value)
    assert found == Surrogates(KEY).of(value)
    assert found != value or value == "o"  # a lone 0 could become no other number of one digit


def test_no_two_of_all_cards_share_their_last_four_digits_after_redaction() -> None:
    surrogates = Surrogates(KEY)
    cards = [canonical(f"{number:04d}") for number in range(10_000)]
    shared = len(cards) - len({surrogates.of(card) for card in cards})
    assert shared <= 60  # only values the permutation left alone are drawn again


def test_a_number_keeps_its_leading_zero_and_gets_none() -> None:
    surrogates = Surrogates(KEY)
    for number in range(1, 3000):
        assert str(int(spell(str(number), surrogates.of(canonical(str(number)))))) != ""
        assert spell(str(number), surrogates.of(canonical(str(number))))[0] != "0"
        assert spell(f"0{number}", surrogates.of(canonical(f"0{number}")))[0] == "0"


def test_another_key_gives_other_surrogates() -> None:
    assert Surrogates(KEY).of("ktr2846793") != Surrogates(b"j" * 32).of("ktr2846793")


def forms(*patterns: str) -> Forms:
    return Forms([FieldRule("g", "f", patterns=patterns)])


def fit(pattern: str, text: str) -> str:
    found = forms(pattern)
    value = canonical(text)
    return spell(text, fitted(value, Surrogates(KEY).of(value), lambda a, b: found.fits(text, a, b)))


def test_what_a_pattern_finds_it_finds_again() -> None:
    for number in range(200):
        text = f"KTR{number:05d}"
        assert re.fullmatch(r"[A-Z]{3,4}[0-9O]{4,5}", fit(r"\b[A-Z]{3,4}[0-9O]{4,5}\b", text))


def test_what_a_pattern_spells_out_stays() -> None:
    found = fit(r"\bTWP-\d{6}\b", "TWP-384726")
    assert re.fullmatch(r"TWP-\d{6}", found)
    assert found != "TWP-384726"


def test_only_what_a_group_captures_is_asked_for() -> None:
    pattern = r"(?i)\b(?:ending|ends) in (\d{4})\b"
    assert forms(pattern).found(["4240", "ends in 4240"]) == [[True, False]]


def test_a_group_that_leans_on_the_outside_asks_nothing() -> None:
    assert forms(r"(a)\1").found(["a"]) == [[True]]
    assert forms(r"([(])(\)x)").found(["("]) == [[True]]
    assert forms(r"x(?P<name>[])]b)").found(["]b", "xb"]) == [[True, False]]


twins = st.from_regex(re.compile(r"[A-Z]{3}[0-9O]{4,5}"), fullmatch=True)


@given(twins)
def test_twins_stay_twins(text: str) -> None:
    other = text.translate(str.maketrans("0O", "O0"))
    rule = r"\b[A-Z]{3,4}[0-9O]{4,5}\b"
    one, two = fit(rule, text), fit(rule, other)
    assert canonical(one) == canonical(two)
    assert [a.isdigit() for a in one] == [a.isdigit() for a in text]
    assert [a.isdigit() for a in two] == [a.isdigit() for a in other]
