"""Texts as canonical letters and digits, one sign each, and back into the spelling they came in.

The canonical form of a value is what all its spellings share: compatibility forms, case and the confusable
pairs 0/O, 1/I and 5/S are folded, and what stands between letters and digits is left out.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

CONFUSABLE = "ois"
_CONFUSABLE_DIGITS = "015"
HARD_LETTERS = "abcdefghjklmnpqrtuvwxyz"
HARD_DIGITS = "2346789"

WORD = re.compile(r"(?:[^\W_][\u0300-\u036f]*)+")
"""A run of letters and digits; an underscore ends it, combining accents belong to it."""

_FULL_WIDTH = 0xFEE0
_FOLDED = {ord(digit): ord(letter) for digit, letter in zip(_CONFUSABLE_DIGITS, CONFUSABLE, strict=True)}
_ASCII = {code: None for code in range(128) if not chr(code).isalnum()} | _FOLDED
_BLOCK, _WIDE_BLOCK = 64, 512


class Flat(NamedTuple):
    """A text's canonical signs, and where in the text each of them begins and ends."""

    signs: str
    starts: list[int]
    ends: list[int]


def flatten(text: str) -> Flat:
    """The canonical signs of a text with their places."""
    if text.isascii():
        starts = [at for at, char in enumerate(text) if char.isalnum()]
        return Flat(text.lower().translate(_ASCII), starts, [at + 1 for at in starts])
    signs: list[str] = []
    starts, ends = [], []
    at = 0
    while at < len(text):
        end = _end_of_cluster(text, at)
        sign = _sign(text[at:end])
        if sign:
            signs.append(sign)
            starts.append(at)
            ends.append(end)
        at = end
    return Flat("".join(signs), starts, ends)


@lru_cache(maxsize=1 << 16)
def canonical(text: str) -> str:
    """The canonical signs of a short text."""
    return flatten(text).signs


def spell(like: str, signs: str) -> str:
    """Canonical signs written as a text was: its case, its kind of sign, and all that stands between.

    `signs` has one sign for each of the text's own.
    """
    flat = flatten(like)
    parts: list[str] = []
    done = 0
    for start, end, was, sign in zip(flat.starts, flat.ends, flat.signs, signs, strict=True):
        parts += (like[done:start], like[start:end] if was == sign else _spell_one(like[start:end], sign))
        done = end
    return "".join(parts) + like[done:]


@lru_cache(maxsize=4096)
def alphabet(sign: str) -> str:
    """The signs that may stand for a sign, itself among them; alone where nothing is like it."""
    if sign in CONFUSABLE:
        return CONFUSABLE
    if sign.isascii():
        return HARD_DIGITS if sign.isdigit() else HARD_LETTERS
    if sign.isdecimal():
        zero = ord(sign) - unicodedata.decimal(sign)
        return "".join(map(chr, range(zero, zero + 10)))
    near = _like(sign, _BLOCK)
    found = near if len(near) > 2 else _like(sign, _WIDE_BLOCK)
    return "".join(found) if sign in found else sign


def has_digit(signs: str) -> bool:
    """Whether one of the signs is a digit in every spelling."""
    return any(sign.isdecimal() for sign in signs)


# --- one sign -------------------------------------------------------------------------------------------


def _end_of_cluster(text: str, at: int) -> int:
    """The end of a character and the accents on it."""
    end = at + 1
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return end


@lru_cache(maxsize=8192)
def _sign(cluster: str) -> str:
    """The canonical sign of a character with its accents; empty for what is neither letter nor digit."""
    if not cluster[0].isalnum():
        return ""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", cluster).casefold())
    if folded[:1].isascii() and folded[:1].isalnum() and len(folded) == len(cluster):
        return folded[0].translate(_ASCII)
    # A ligature or ß folds to several signs: it stays what it is, or lengths would change.
    return folded if len(folded) == 1 else unicodedata.normalize("NFC", cluster)[0]


@lru_cache(maxsize=8192)
def _spell_one(like: str, sign: str) -> str:
    base = like[0]
    if sign in CONFUSABLE and unicodedata.normalize("NFKC", base).isdecimal():
        found = _CONFUSABLE_DIGITS[CONFUSABLE.index(sign)]
    else:
        found = sign.upper() if base.isupper() else sign
    if 0xFF01 <= ord(base) <= 0xFF5E:
        return chr(ord(found) + _FULL_WIDTH) + like[1:]
    if sign.isascii():
        return found + like[1:]
    return found if len(like) == 1 else unicodedata.normalize("NFD", found)


def _like(sign: str, block: int) -> list[str]:
    """The letters near a letter in its script with the same accents, and the same way to upper case."""
    first = ord(sign) // block * block
    category, accents = unicodedata.category(sign), unicodedata.normalize("NFD", sign)[1:]
    return [
        char
        for char in map(chr, range(max(first, 128), first + block))
        if unicodedata.category(char) == category
        and unicodedata.normalize("NFD", char)[1:] == accents
        and unicodedata.normalize("NFKC", char) == char == char.casefold()
        and (category != "Ll" or (len(char.upper()) == 1 and char.upper().lower() == char))
    ]
