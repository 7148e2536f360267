"""Personal values that are known by their form: e-mail addresses, phone numbers, IBANs, payment cards."""

import re
from collections.abc import Iterator

# Every repetition is bounded and steps by one sign, so no text makes a search long.
_EMAIL = re.compile(r"[\w.%+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_PHONE = re.compile(r"(?<![\w+.,-])(?:\+\d|\(?0\d)(?:[ ./()-]{0,3}\d){5,14}(?!\w)")
_AMERICAN_PHONE = re.compile(r"(?<![\w.-])\(?\d{3}\)?[ .-]{1,2}\d{3}[ .-]\d{4}(?![\w])")
_IBAN = re.compile(r"(?<!\w)[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?!\w)")
_CARD = re.compile(r"(?<!\w)\d(?:[ -]?\d){12,18}(?!\w)")
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:\d{2}|\d{4})|\d{4}-\d{2}-\d{2}")
_LONG_NUMBER = re.compile(r"(?<![\w$€£])\w{5,40}(?![\w$€£])")
_SHORTEST_IBAN = 15
_FEW_DIGITS = 3


def personal_values(text: str) -> Iterator[str]:
    """The values in a text that look like somebody's, as the text spells them."""
    if "@" in text:
        yield from (match[0].rstrip(".-'") for match in _EMAIL.finditer(text))
    if not any(map(text.__contains__, "0123456789")):
        return
    for match in _PHONE.finditer(text):
        if 7 <= sum(map(str.isdigit, match[0])) <= 15 and not _DATE.fullmatch(match[0]):
            yield match[0]
    yield from (match[0] for match in _AMERICAN_PHONE.finditer(text))
    yield from (found for match in _IBAN.finditer(text) if (found := _iban_in(match[0])))
    yield from (match[0] for match in _CARD.finditer(text) if is_card(match[0]))


def long_numbers(text: str) -> Iterator[str]:
    """The words that look like somebody's number where no record tells: RW20632, GAO20D; no amounts."""
    for match in _LONG_NUMBER.finditer(text):
        word, digits = match[0], sum(map(str.isdigit, match[0]))
        if digits >= _FEW_DIGITS or (digits >= 2 and word == word.upper()):
            yield word


def is_iban(text: str) -> bool:
    """Whether a text is an IBAN: its check digits are right (ISO 7064, modulo 97)."""
    signs = [char for char in text.upper() if char not in " -"]
    if not (_SHORTEST_IBAN <= len(signs) <= 34 and all(char.isascii() and char.isalnum() for char in signs)):
        return False
    if not ("".join(signs[:2]).isalpha() and "".join(signs[2:4]).isdigit()):
        return False
    return int("".join(str(int(char, 36)) for char in signs[4:] + signs[:4])) % 97 == 1


def is_card(text: str) -> bool:
    """Whether a text is the number of a payment card (Luhn)."""
    digits = [int(char) for char in text if char.isascii() and char.isdigit()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def is_email(text: str) -> bool:
    """Whether all of a text is an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def _iban_in(run: str) -> str | None:
    """The longest beginning that is an IBAN and ends with a word: the words behind it run on like one."""
    ends = [len(run), *(match.start() for match in re.finditer(r"[ -]", run))]
    return next((run[:end] for end in sorted(set(ends), reverse=True) if is_iban(run[:end])), None)
