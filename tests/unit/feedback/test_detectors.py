import time

import pytest

from fixloop.feedback.detectors import is_card, is_iban, personal_values


@pytest.mark.parametrize(
    "text, found",
    [
        ("mail me at jo.bloggs+x@mail.example.org.", "jo.bloggs+x@mail.example.org"),
        ("ring +49 (0)151 234 567 please", "+49 (0)151 234 567"),
        ("call 0151/2345678", "0151/2345678"),
        ("(555) 123-4567 is mine", "(555) 123-4567"),
        ("IBAN DE89 3704 0044 0532 0130 00 for all", "DE89 3704 0044 0532 0130 00"),
        ("de89370400440532013000", "de89370400440532013000"),
        ("card 4111 1111 1111 1111 is gone", "4111 1111 1111 1111"),
    ],
)
def test_values_known_by_their_form(text: str, found: str) -> None:
    assert found in list(personal_values(text))


@pytest.mark.parametrize(
    "text",
    [
        "due on 01.12.2026, at 09:12",
        "I paid 1,200.50 and 0.95",
        "order 12345",
        "DE88370400440532013000",
        "4111 1111 1111 1112",
        "not an@address",
    ],
)
def test_what_is_nobodys(text: str) -> None:
    assert list(personal_values(text)) == []


def test_check_digits() -> None:
    assert is_iban("GB29 NWBK 6016 1331 9268 19")
    assert not is_iban("GB30 NWBK 6016 1331 9268 19")
    assert is_card("378282246310005")
    assert not is_card("0000 0000 0000 0000")


@pytest.mark.parametrize("unit", ["0 ", "a.", "@a.", "+1(", "DE89 ", "1-", "00", "x@"])
def test_no_text_takes_long(unit: str) -> None:
    start = time.perf_counter()
    list(personal_values(unit * (100_000 // len(unit)) + "x"))
    assert time.perf_counter() - start < 5
