"""Stateless text features: hashed word and character n-grams that depend on that text alone.

No vocabulary and no idf, so a text's features never change when examples do: they can be cached for ever,
and a refit of one node needs nothing of the others. Hashing trick: Weinberger et al., ICML 2009.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_CHARACTERS = 20_000
CHAR_SIZES = (2, 3, 4, 5)  # within a word and the space on each side of it
WORD_SIZES = (1, 2)
PAIR_REACH = 5  # a word is also paired with each of the next five, for word order loosely kept
WORD_SHARE = 0.8  # length of the word block against a character block of length 1
HASH_BITS = 21
HALF = 1 << HASH_BITS
COLUMNS = 2 * HALF  # words first, then characters
TABLE_FROM = 4_000  # look-ups at once from which on `places_among` asks a table
UNKNOWN = -1

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

_WORD = re.compile(r"\w+")
_SPACE = ord(" ")
_BASE = 0x9E3779B97F4A7C15  # odd, so it has an inverse modulo 2^64
_INVERSE = pow(_BASE, -1, 1 << 64)


@dataclass(frozen=True, slots=True)
class Features:
    """A batch's sparse rows: row i is ``ids[indptr[i]:indptr[i + 1]]``, ascending, without repeats.

    Ids are below ``COLUMNS``; weights are positive and a row's squares sum to 1 (an empty row has none).
    """

    indptr: Ints
    ids: Ints
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def lengths(self) -> Ints:
        """How many features each row has."""
        return np.diff(self.indptr)

    def owners(self) -> Ints:
        """The row that each feature belongs to."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.lengths())

    def take(self, rows: Ints) -> Features:
        """The chosen rows, in that order."""
        indptr, places = self.spread(rows)
        return Features(indptr, self.ids.take(places), self.weights.take(places))

    def spread(self, rows: Ints) -> Spread:
        """Where the features of the chosen rows stand, in that order."""
        lengths = self.lengths()[rows]
        indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
        return Spread(indptr, np.arange(indptr[-1]) + np.repeat(self.indptr[rows] - indptr[:-1], lengths))


class Spread(NamedTuple):
    """Chosen rows: the places of line i's features are ``places[indptr[i]:indptr[i + 1]]``."""

    indptr: Ints
    places: Ints


def normalise(text: str) -> str:
    """One spelling for what reads the same: NFKC, case folded, words parted by single spaces."""
    folded = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS]).casefold()
    return " ".join(_WORD.findall(folded))


def extract(texts: Sequence[str]) -> Features:
    """Features of each text; a text without a word has an empty row."""
    padded = [f" {text} " if text else "" for text in map(normalise, texts)]
    # `surrogatepass`: half a surrogate pair can come out of JSON, and must not stop a batch.
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    sizes = np.fromiter(map(len, padded), np.int64, len(padded))
    owners = np.repeat(np.arange(len(padded), dtype=np.int64), sizes)
    spans = _Spans(codes)
    keys = [*_word_keys(codes, owners, spans), *_character_keys(codes, owners, spans)]
    return _weigh(np.concatenate(keys), len(texts))


class _Spans:
    """Hashes of any spans of a batch: polynomial prefix sums modulo 2^64 (Karp and Rabin, 1987)."""

    def __init__(self, codes: NDArray[np.uint32]) -> None:
        terms = (codes.astype(np.uint64) + np.uint64(1)) * _powers(_BASE, len(codes))
        self._sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)))
        self._shift = _powers(_INVERSE, len(codes) + 1)

    def hashed(self, starts: Ints, ends: Ints) -> Words:
        """64 bits for each span of characters, the same wherever in a batch it stands."""
        return _mixed((self._sums[ends] - self._sums[starts]) * self._shift[starts])


def _powers(base: int, size: int) -> Words:
    factors = np.full(size, base, dtype=np.uint64)
    factors[:1] = 1
    return np.cumprod(factors, dtype=np.uint64)


def _mixed(words: Words) -> Words:
    """Spread over all bits, as splitmix64 ends (Steele et al., 2014): a polynomial's low bits are weak."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _keys(owners: Ints, hashes: Words, offset: int) -> Ints:
    return owners * COLUMNS + offset + (hashes >> np.uint64(64 - HASH_BITS)).astype(np.int64)


def _word_keys(codes: NDArray[np.uint32], owners: Ints, spans: _Spans) -> list[Ints]:
    space = codes == _SPACE
    starts = np.flatnonzero(space[:-1] & ~space[1:]) + 1
    ends = np.flatnonzero(~space[:-1] & space[1:]) + 1
    owner = owners[starts]
    keys = []
    for size in WORD_SIZES:
        same = _apart(owner, size - 1)
        keys.append(_keys(owner[same], spans.hashed(starts[same], ends[same + size - 1]), 0))
    words = spans.hashed(starts, ends)
    for distance in range(1, PAIR_REACH + 1):
        same = _apart(owner, distance)
        pairs = _mixed(words[same] * np.uint64(_BASE) + words[same + distance])
        keys.append(_keys(owner[same], pairs, 0))
    return keys


def _apart(owner: Ints, distance: int) -> Ints:
    """Words that have another of the same text that many places after them."""
    return np.flatnonzero(owner[: max(len(owner) - distance, 0)] == owner[distance:])


def _character_keys(codes: NDArray[np.uint32], owners: Ints, spans: _Spans) -> list[Ints]:
    """N-grams inside one word and its spaces: better here than across words, and 40 % fewer."""
    spaces = np.concatenate((np.zeros(1, np.int64), np.cumsum(codes == _SPACE)))
    keys = []
    for size in CHAR_SIZES:
        start = np.arange(max(len(codes) - size + 1, 0), dtype=np.int64)
        inner = spaces[start + size - 1] == spaces[start + 1]
        start = start[inner & (owners[start] == owners[start + size - 1])]
        keys.append(_keys(owners[start], spans.hashed(start, start + size), HALF))
    return keys


def _weigh(keys: Ints, size: int) -> Features:
    """Square-rooted counts, each block brought to its length: sqrt is exact everywhere, log is not."""
    keys, counts = np.unique(keys, return_counts=True)
    owners, ids = keys // COLUMNS, keys % COLUMNS
    letters = ids >= HALF
    totals = np.bincount(2 * owners + letters, counts, 2 * size)
    weights = np.sqrt(counts / totals[2 * owners + letters]) * np.where(letters, 1.0, WORD_SHARE)
    weights /= np.sqrt(1.0 + WORD_SHARE**2)
    indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.bincount(owners, minlength=size))))
    return Features(indptr, ids, weights.astype(np.float32))


def places_among(columns: NDArray[np.int32], wanted: Ints) -> NDArray[np.int32]:
    """The place of each wanted column among some that ascend, else `UNKNOWN`.

    Of many a table of all columns is asked: one read each, where a search takes twenty. It is shared, and
    `UNKNOWN` throughout between two uses: filling it anew would cost more than a use.
    """
    if len(wanted) > TABLE_FROM:
        table = _table()
        table[columns] = np.arange(len(columns), dtype=np.int32)
        found: NDArray[np.int32] = table.take(wanted)
        table[columns] = UNKNOWN
        return found
    places = np.searchsorted(columns, wanted.astype(np.int32)).astype(np.int32)
    if len(columns):
        places[columns.take(places, mode="clip") != wanted] = UNKNOWN
    else:
        places[:] = UNKNOWN
    return places


@cache
def _table() -> NDArray[np.int32]:
    return np.full(COLUMNS, UNKNOWN, np.int32)
