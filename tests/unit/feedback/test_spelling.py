import re

from hypothesis import given
from hypothesis import strategies as st

from fixloop.feedback.spelling import CONFUSABLE, alphabet, canonical, flatten, spell


def test_spellings_that_count_as_one_value_share_their_signs() -> None:
    assert (
        canonical("KTR05821")
        == canonical("ktrO5821")
        == canonical("KTR-0 58 21")
        == canonical("ＫＴＲ０５８２１")
    )
    assert canonical("José") == canonical("JOSE\u0301") == "jo" + "s" + "é"


def test_signs_are_written_as_the_text_was() -> None:
    assert spell("Kt-05", "abis") == "Ab-15"
    assert spell("KT-OS", "abis") == "AB-IS"
    assert spell("ＫＴ０", "abi") == "ＡＢ１"
    assert spell("Jose\u0301", "kabý") == "Kaby\u0301"


def test_a_sharp_s_stays_since_it_has_no_capital_of_its_length() -> None:
    assert alphabet("ß") == "ß"
    assert spell("Weiß", "abcß") == "Abcß"


def test_accented_letters_turn_among_letters_with_that_accent() -> None:
    assert set(alphabet("ü")) == set("äëïöüÿ")
    assert "у" in alphabet("т")
    assert alphabet("٣") == "٠١٢٣٤٥٦٧٨٩"


@given(st.text(max_size=30))
def test_a_text_has_a_place_for_every_sign(text: str) -> None:
    flat = flatten(text)
    assert len(flat.signs) == len(flat.starts) == len(flat.ends)
    assert spell(text, flat.signs) == text


@given(st.text(max_size=30))
def test_a_sign_is_in_its_own_alphabet(text: str) -> None:
    assert all(sign in alphabet(sign) for sign in canonical(text))


@given(st.from_regex(re.compile(r"[A-Za-z0-9]{1,12}"), fullmatch=True))
def test_confusable_twins_share_their_signs(text: str) -> None:
    twin = text.translate(str.maketrans("015OISois", "OIS015015"))
    assert canonical(twin) == canonical(text)
    assert all((a in CONFUSABLE) == (b in "oisOIS015") for a, b in zip(canonical(text), text, strict=True))
