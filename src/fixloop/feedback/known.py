"""The personal values of one piece of feedback, and their replacement wherever they are written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fixloop.feedback.spelling import WORD, Flat, canonical, flatten, spell

_FREE_WORD = 4
"""A name so long is replaced in any case; a shorter one only as it is written in the records."""

_SPACED = 6
"""A value of so many signs is also found with blanks and hyphens in it."""

_WIDEST_GAP = 3


@dataclass(slots=True)
class Lesson:
    """Values and their surrogates, by canonical value.

    `values` are looked for through blanks and hyphens, `phrases` only where there are some, `free` words in
    any case, `exact` words only as they are written in `spellings`. `bare` are the digits of values that have
    letters besides: staff write a number without its prefix.
    """

    values: dict[str, str] = field(default_factory=dict)
    phrases: dict[str, str] = field(default_factory=dict)
    free: dict[str, str] = field(default_factory=dict)
    exact: dict[str, str] = field(default_factory=dict)
    spellings: dict[str, frozenset[str]] = field(default_factory=dict)
    bare: dict[str, str] = field(default_factory=dict)

    def add_word(self, word: str, surrogate: str, ordinary: bool) -> None:
        """A word of a name; `ordinary` where it is no name in another case."""
        signs = canonical(word)
        if not ordinary and len(word) >= _FREE_WORD:
            self.free[signs] = surrogate
        else:
            self.exact[signs] = surrogate
            self.spellings[signs] = self.spellings.get(signs, frozenset()) | {word}

    def learn(self, other: "Lesson") -> None:
        """Know all that another one knows, too."""
        self.values.update(other.values)
        self.phrases.update(other.phrases)
        self.free.update(other.free)
        self.exact.update(other.exact)
        for signs, surrogate in other.bare.items():
            self.bare.setdefault(signs, surrogate)
        for signs, spellings in other.spellings.items():
            self.spellings[signs] = self.spellings.get(signs, frozenset()) | spellings


class Known:
    """All that one piece of feedback has to hide; nothing is learnt once it has begun to replace."""

    def __init__(self, lesson: Lesson) -> None:
        self._lesson = lesson
        values = [(one, new, False) for one, new in lesson.values.items()]
        phrases = [(one, new, True) for one, new in lesson.phrases.items()]
        bare = [(one, new, False) for one, new in lesson.bare.items() if one not in lesson.values]
        self._longest_first = sorted(values + phrases + bare, key=lambda item: (-len(item[0]), item))
        self._replaced: dict[str, str] = {}

    def replace(self, text: str) -> str:
        """The text with every value it has replaced by its surrogate, in the spelling it had."""
        found = self._replaced.get(text)
        if found is None:
            found = self._replaced[text] = self._replace(text)
        return found

    def leaves_alone(self, texts: Iterable[str]) -> bool:
        """Whether none of many texts has anything to hide, seen at one glance; False may be too careful."""
        joined = "\n".join(texts)
        flat, lesson = flatten(joined), self._lesson
        if any(one in flat.signs for one, _, _ in self._longest_first):
            return False
        words = set(WORD.findall(joined))
        signs = set(map(canonical, words)) | {canonical(word)[:-1] for word in words if word[-1] == "s"}
        return signs.isdisjoint(lesson.free) and signs.isdisjoint(lesson.exact)

    def _replace(self, text: str) -> str:
        flat = flatten(text)
        free = bytearray(b"\1") * len(flat.signs)
        found = [*self._values_in(text, flat, free), *self._words_in(text, flat, free)]
        if not found:
            return text
        signs = list(flat.signs)
        for start, surrogate in found:
            signs[start : start + len(surrogate)] = surrogate
        return spell(text, "".join(signs))

    def _values_in(self, text: str, flat: Flat, free: bytearray) -> Iterator[tuple[int, str]]:
        """Where values and phrases begin, longest first; what they take is no longer free."""
        signs = flat.signs
        for one, surrogate, spaced in self._longest_first:
            at = signs.find(one)
            while at >= 0:
                end = at + len(one)
                if all(free[at:end]) and _stands_alone(text, flat, at, end, spaced):
                    free[at:end] = bytes(len(one))
                    yield at, surrogate
                at = signs.find(one, at + 1)

    def _words_in(self, text: str, flat: Flat, free: bytearray) -> Iterator[tuple[int, str]]:
        at = 0
        for word in WORD.findall(text):
            signs = canonical(word)
            if all(free[at : at + len(signs)]):
                surrogate = self._word(word, signs) or self._owner(word, signs)
                if surrogate:
                    yield at, surrogate
            at += len(signs)

    def _word(self, word: str, signs: str) -> str | None:
        lesson = self._lesson
        if signs in lesson.free:
            return lesson.free[signs]
        return lesson.exact[signs] if word in lesson.spellings.get(signs, ()) else None

    def _owner(self, word: str, signs: str) -> str | None:
        """German writes "Alexandras Karte" without an apostrophe."""
        return self._lesson.free.get(signs[:-1]) if word[-1] == "s" else None


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
