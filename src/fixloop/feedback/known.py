"""The personal values of one piece of feedback, and their replacement wherever they are written."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from fixloop.feedback.spelling import WORD, Flat, canonical, flatten, spell

_FREE_WORD = 4
"""A name so long is replaced in any case; a shorter one only as it is written in the records."""

_SPACED = 6
"""A value of so many signs is also found with blanks and hyphens in it."""

_WIDEST_GAP = 3


@dataclass(slots=True)
class Known:
    """Surrogates by canonical value.

    `values` are looked for through blanks and hyphens, `phrases` only where there are some, `words` as whole
    words: with the spellings that count, or None where any does.
    """

    values: dict[str, str] = field(default_factory=dict)
    phrases: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    spellings: dict[str, set[str] | None] = field(default_factory=dict)
    _replaced: dict[str, str] = field(default_factory=dict)

    def add_word(self, word: str, surrogate: str, exact: bool) -> None:
        """A word of a name; `exact` where it is an ordinary word, too."""
        signs = canonical(word)
        self.words[signs] = surrogate
        if not exact and len(word) >= _FREE_WORD:
            self.spellings[signs] = None
            return
        spellings = self.spellings.setdefault(signs, set())
        if spellings is not None:
            spellings.add(word)

    def replace(self, text: str) -> str:
        """The text with every value it has replaced by its surrogate, in the spelling it had."""
        found = self._replaced.get(text)
        if found is None:
            found = self._replaced[text] = self._replace(text)
        return found

    def _replace(self, text: str) -> str:
        flat = flatten(text)
        signs = list(flat.signs)
        free = bytearray(b"\1") * len(signs)
        for start, surrogate in (*self._values_in(text, flat, free), *self._words_in(text, flat, free)):
            signs[start : start + len(surrogate)] = surrogate
        return spell(text, "".join(signs)) if 0 in free else text

    def _values_in(self, text: str, flat: Flat, free: bytearray) -> Iterator[tuple[int, str]]:
        """Where values and phrases begin, longest first; what they take is no longer free."""
        present = [
            (one, found, found is self.phrases)
            for found in (self.values, self.phrases)
            for one in found
            if one in flat.signs
        ]
        for one, found, spaced in sorted(present, key=lambda item: (-len(item[0]), item[0])):
            at = flat.signs.find(one)
            while at >= 0:
                end = at + len(one)
                if all(free[at:end]) and _stands_alone(text, flat, at, end, spaced):
                    free[at:end] = bytes(len(one))
                    yield at, found[one]
                at = flat.signs.find(one, at + 1)

    def _words_in(self, text: str, flat: Flat, free: bytearray) -> Iterator[tuple[int, str]]:
        if not self.words:
            return
        number = {start: at for at, start in enumerate(flat.starts)}
        for match in WORD.finditer(text):
            at = number[match.start()]
            signs = canonical(match[0])
            if not all(free[at : at + len(signs)]):
                continue
            surrogate = self._word(match[0], signs) or self._owner(match[0], signs)
            if surrogate:
                free[at : at + len(surrogate)] = bytes(len(surrogate))
                yield at, surrogate

    def _word(self, word: str, signs: str) -> str | None:
        if signs not in self.words:
            return None
        spellings = self.spellings[signs]
        return self.words[signs] if spellings is None or word in spellings else None

    def _owner(self, word: str, signs: str) -> str | None:
        """German writes "Alexandras Karte" without an apostrophe."""
        if word[-1:] != "s" or self.spellings.get(signs[:-1], ()) is not None:
            return None
        return self.words[signs[:-1]]


def _stands_alone(text: str, flat: Flat, at: int, end: int, spaced: bool) -> bool:
    """Whether signs are a value of their own: no digit goes on in a digit, no letter in a letter."""
    if (at and _goes_on(text, flat, at)) or (end < len(flat.signs) and _goes_on(text, flat, end)):
        return False
    gaps = [flat.starts[one + 1] - flat.ends[one] for one in range(at, end - 1)]
    if not any(gaps):
        return not spaced
    if not spaced and end - at < _SPACED:
        return False
    inside = text[flat.starts[at] : flat.ends[end - 1]]
    return max(gaps) <= _WIDEST_GAP and "\n" not in inside


def _goes_on(text: str, flat: Flat, at: int) -> bool:
    before, after = text[flat.starts[at - 1]], text[flat.starts[at]]
    return flat.ends[at - 1] == flat.starts[at] and before.isdigit() == after.isdigit()
