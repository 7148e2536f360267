"""Surrogates: a keyed permutation of canonical values that keeps length, kinds of signs and confusable ones.

A permutation and not a hash, so that two values never share a surrogate: four digits of a card are too few
for chance. Each sign turns within its alphabet by HMAC-SHA256 of what stands before it, then of what came out
behind it, so that every sign depends on all of the others.
"""

import hmac
from collections.abc import Callable, Sequence

from fixloop.feedback.spelling import CONFUSABLE, HARD_LETTERS, alphabet

_TRIES = 8

Fits = Callable[[str, str], bool]
"""Whether a surrogate (second) of canonical signs (first) still looks like the value."""


class Surrogates:
    """The surrogates of one key; each is worked out once."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: dict[str, str] = {}

    def of(self, signs: str) -> str:
        """The surrogate of a canonical value: as many signs, each of the alphabet of the one it replaces."""
        found = self._known.get(signs)
        if found is None:
            found = self._known[signs] = self._drawn(signs)
        return found

    def _drawn(self, signs: str) -> str:
        """A value that the permutation happens to leave alone is drawn again."""
        for turn in range(_TRIES):
            found = self._permuted(signs, turn)
            if found != signs:
                return found
        return signs

    def _permuted(self, signs: str, turn: int) -> str:
        alphabets = list(map(alphabet, signs))
        name = f"{turn}\0{''.join(one[0] for one in alphabets)}\0"
        # 0 stays in front of a number and comes in front of no other, or its length would change.
        leading = signs[:1] if is_number(signs) and signs[0] in CONFUSABLE else ""
        found = list(signs)
        for at in range(len(found)):
            where = f"{name}f\0{signs[:at]}"
            found[at] = self._turned(found[at], alphabets[at], where, bool(leading) and not at)
        for at in reversed(range(len(found))):
            where = f"{name}b\0{''.join(found[at + 1 :])}"
            found[at] = self._turned(found[at], alphabets[at], where, bool(leading) and not at)
        return "".join(found)

    def _turned(self, sign: str, signs: str, where: str, leading: bool) -> str:
        if leading:
            if sign == CONFUSABLE[0]:
                return sign
            signs = CONFUSABLE[1:]
        if len(signs) == 1:
            return sign
        drawn = hmac.digest(self._key, where.encode("utf-8", "surrogatepass"), "sha256")
        return signs[(signs.index(sign) + int.from_bytes(drawn[:8], "big")) % len(signs)]


def fitted(signs: str, drawn: str, fits: Fits) -> str:
    """The drawn surrogate, or as much of it as still fits: the other signs stay what they were.

    Where that is all of them, any other sign that fits is taken: a value is not left as it is.
    """
    if fits(signs, drawn):
        return drawn
    found = _as_far_as(signs, [_options(sign, was) for sign, was in zip(drawn, signs, strict=True)], fits)
    if found != signs:
        return found
    return _as_far_as(signs, [[one for one in alphabet(sign) if one != sign] for sign in signs], fits)


def _options(sign: str, was: str) -> list[str]:
    return [sign, *(one for one in alphabet(sign) if sign in CONFUSABLE and one not in (sign, was))]


def _as_far_as(signs: str, options: Sequence[Sequence[str]], fits: Fits) -> str:
    """The signs with the first option at each place that still fits what the others are by then."""
    found = signs
    for at, some in enumerate(options):
        trials = (found[:at] + one + found[at + 1 :] for one in some)
        found = next((trial for trial in trials if fits(signs, trial)), found)
    return found


def is_number(signs: str) -> bool:
    """Whether all signs may be digits."""
    return bool(signs) and all(alphabet(sign) != HARD_LETTERS and sign.isascii() for sign in signs)
