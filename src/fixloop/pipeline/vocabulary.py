"""Whole words of many vocabularies found in one pass: a trie over words, entered once a word of the text."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

# Combining accents belong to their word, or a decomposed é would end one.
_WORD = re.compile(r"[\w\u0300-\u036f]+")
_END = ""  # no key of a node is empty: each ends with a word
# Between words of one value people write blanks, hyphens, dots and apostrophes alike: "St. Ives", "St Ives".
_SOFT = frozenset(" \t\r\n\u00a0.'\u2019\u2010\u2011\u2013-")

Node = dict[str, Any]


class Found(NamedTuple):
    """A word of a vocabulary in a text: where it starts, and as the text spells it."""

    start: int
    word: str


class _Words(NamedTuple):
    """A text cut into words: each folded, and where it stands."""

    text: str
    folded: list[str]
    spans: list[tuple[int, int]]

    def key(self, at: int) -> str:
        """A later word as a key of the trie: what stands before it counts too."""
        return _gap(self.text[self.spans[at - 1][1] : self.spans[at][0]]) + self.folded[at]


class Vocabulary:
    """Words by field path; the longest word at a place wins, any case, each field for itself."""

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        self._paths = tuple(words)
        self._first: dict[str, dict[int, Node]] = {}
        self._folded: dict[str, set[str]] = {}
        for number, (path, values) in enumerate(words.items()):
            known = self._folded[path] = set()
            for value in values:
                self._add(number, value, known)

    def with_words(self, words: Mapping[str, Iterable[str]]) -> "Vocabulary":
        """This vocabulary, or a new one with more words in it."""
        more = {path: [word for word in added if not self.has(path, word)] for path, added in words.items()}
        if not any(more.values()):
            return self
        return Vocabulary({path: [*self._folded[path], *more.get(path, ())] for path in self._paths})

    def has(self, path: str, word: str) -> bool:
        """Whether a word, in any case, is in a field's vocabulary."""
        return fold(word) in self._folded[path]

    def find(self, text: str) -> dict[str, list[Found]]:
        """The words of each field in a text; found words of one field do not overlap."""
        if not self._first:
            return {}
        words = _cut(text)
        found: dict[str, list[Found]] = {}
        free_from: dict[int, int] = {}
        for at, word in enumerate(words.folded):
            nodes = self._first.get(word)
            if nodes is None:
                continue
            for number, node in nodes.items():
                if at >= free_from.get(number, 0):
                    longest = _longest(node, words, at)
                    if longest is not None:
                        free_from[number] = longest.next
                        found.setdefault(self._paths[number], []).append(longest.found)
        return found

    def _add(self, number: int, value: str, known: set[str]) -> None:
        folded = fold(value)
        if folded in known:
            return
        alone = folded.isalnum()  # as most are: no need to look for its parts
        words = _Words(folded, [folded], [(0, len(folded))]) if alone else _cut(folded)
        if not words.folded:
            return
        known.add(folded)
        node = self._first.setdefault(words.folded[0], {}).setdefault(number, {})
        for at in range(1, len(words.folded)):
            node = node.setdefault(words.key(at), {})
        edges = (folded[: words.spans[0][0]], folded[words.spans[-1][1] :])
        ends: list[tuple[str, str]] = node.setdefault(_END, [])
        if edges not in ends:
            ends.append(edges)
            if len(ends) > 1:  # the longer edges first: "C++" before "C"
                ends.sort(key=lambda edge: (-len(edge[0] + edge[1]), edge))


class _Match(NamedTuple):
    found: Found
    next: int


def _longest(node: Node, words: _Words, at: int) -> _Match | None:
    """The longest word of a vocabulary that starts at one word of the text."""
    best: _Match | None = None
    last = at
    while True:
        for before, after in node.get(_END, ()):
            found = _with_edges(words.text, words.spans[at][0], words.spans[last][1], before, after)
            if found:
                best = _Match(found, last + 1)
                break
        last += 1
        if last == len(words.folded) or (below := node.get(words.key(last))) is None:
            return best
        node = below


def _with_edges(text: str, start: int, end: int, before: str, after: str) -> Found | None:
    """The text's spelling, if the signs a word begins and ends with (`C++`) stand there too."""
    start, end = start - len(before), end + len(after)
    if start < 0 or end > len(text):
        return None
    word = text[start:end]
    if (before or after) and not (fold(word).startswith(before) and fold(word).endswith(after)):
        return None
    return Found(start, word)


def _cut(text: str) -> _Words:
    spans = [match.span() for match in _WORD.finditer(text)]
    if text.isascii():
        lowered = text.lower()
        folded = [lowered[start:end] for start, end in spans]
    else:
        folded = [fold(text[start:end]) for start, end in spans]
    return _Words(text, folded, spans)


def _gap(gap: str) -> str:
    if len(gap) <= 3 and all(char in _SOFT for char in gap):
        return " "
    return " ".join(gap.split())


def fold(text: str) -> str:
    """One spelling for what reads the same: NFKC, case folded, trimmed."""
    if text.isascii():
        return text.strip().lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded).strip()
