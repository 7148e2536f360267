"""Texts as a model hears them: in batches, with their features and their margins at each parent.

A text's features never change, and its margins at a parent change only with that parent's classifier. So both
are kept: after one added example the root and one parent are fitted anew, and of thousands of texts only the
margins of these two are worked out. Kept are the very numbers that would come out again, under the digest of
all they come from, so a warm answer is a cold one to the last bit.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fixloop.pipeline.features import Features, Ints, extract
from fixloop.pipeline.linear import Linear
from fixloop.pipeline.packed import pack, unpack
from fixloop.ports.cache import Cache, NoCache
from fixloop.workspace.code import code_digest

BATCH = 1_024  # more at once is no faster, and its temporaries stand at the peak of memory
WORTH = 150  # fewer texts are asked sooner than looked up
MOST = 30_000  # texts of one model whose features are kept: a batch's are two megabytes
_RUN = 128  # examples, about, that one more makes it read again
_NEW_SHARE = 16  # margins are written again where more than one in so many is new

Margins = NDArray[np.float32]


class Texts:
    """The texts that one model is asked, and what is kept of them; nothing with `NoCache`."""

    def __init__(self, cache: Cache, fits: Mapping[int, Linear]) -> None:
        self._cache = cache
        self._fits = fits
        self._names: dict[int, str] = {}
        self._asked = 0

    def batches(self, texts: Sequence[str]) -> Iterator[Batch]:
        """All the texts, in batches; a text that is added changes one of them."""
        self._asked += len(texts)
        if isinstance(self._cache, NoCache) or len(texts) < WORTH or self._asked > MOST:
            for start in range(0, len(texts), BATCH):
                some = texts[start : start + BATCH]
                yield Batch(np.arange(start, start + len(some)), extract(some), self._fits)
            return
        for places in _parted(texts, 1 << max(0, (len(texts) - 1).bit_length() - BATCH.bit_length() + 1)):
            some = [texts[place] for place in places.tolist()]
            name = _name_of(some)
            kept = _KeptMargins(self._cache, name, self._name, len(some))
            yield Batch(places, _features(some, name, self._cache), self._fits, kept)
            kept.save()

    def _name(self, parent: int) -> str:
        if parent not in self._names:
            self._names[parent] = _digest_of(self._fits[parent])
        return self._names[parent]


def kept_features(texts: Sequence[str], cache: Cache) -> Features:
    """As `extract`; texts that are added make it work out the runs they stand in."""
    if isinstance(cache, NoCache) or len(texts) < WORTH:
        return extract(texts)
    return _joined([_features(some, _name_of(some), cache) for some in _runs(texts)])


def _runs(texts: Sequence[str]) -> list[Sequence[str]]:
    """The texts in their order, cut before each whose own hash says so: a new one changes its run alone."""
    cuts = [n for n, text in enumerate(texts) if n and _hash_of(text) % _RUN == 0]
    return [texts[start:end] for start, end in pairwise((0, *cuts, len(texts)))]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of the texts asked: their places among all, their features, and their margins when asked for."""

    places: Ints
    features: Features
    fits: Mapping[int, Linear]
    kept: _KeptMargins | None = None
    rows: Ints | None = None  # of those that were kept, where this is a part of a batch

    def __len__(self) -> int:
        return len(self.features)

    def take(self, rows: Ints) -> Batch:
        """The chosen rows of a whole batch, ascending."""
        if len(rows) == len(self):
            return self
        return Batch(self.places[rows], self.features.take(rows), self.fits, self.kept, rows)

    def margins(self, parent: int, rows: Ints) -> Margins:
        """The margins of some rows at a parent that has examples [rows, classes]."""
        # The root's are never kept: any change of an example fits it anew.
        if self.kept is None or parent == 0:
            return self._worked_out(parent, rows)
        at = rows if self.rows is None else self.rows[rows]
        known = self.kept.of(parent, len(self.fits[parent].classes))
        new = ~known.have[at]
        if new.any():
            known.add(at[new], self._worked_out(parent, rows[new]))
        return known.margins[at]

    def _worked_out(self, parent: int, rows: Ints) -> Margins:
        whole = len(rows) == len(self)
        return self.fits[parent].margins(self.features if whole else self.features.take(rows))


# --- margins --------------------------------------------------------------------------------------------


class _Known:
    """A batch's margins at one parent, as far as they are known."""

    def __init__(self, have: NDArray[np.bool_], margins: Margins) -> None:
        self.have = have
        self.margins = margins
        self.new = 0

    def add(self, rows: Ints, margins: Margins) -> None:
        self.have[rows] = True
        self.margins[rows] = margins
        self.new += len(rows)


class _KeptMargins:
    """One batch's margins, by the content of the classifiers they belong to."""

    def __init__(self, cache: Cache, batch: str, name: Callable[[int], str], rows: int) -> None:
        self._cache = cache
        self._batch = batch
        self._name = name
        self._rows = rows
        self._known: dict[int, _Known] = {}

    def of(self, parent: int, classes: int) -> _Known:
        if parent not in self._known:
            self._known[parent] = self._loaded(parent, classes) or _Known(
                np.zeros(self._rows, np.bool_), np.zeros((self._rows, classes), np.float32)
            )
        return self._known[parent]

    def save(self) -> None:
        """Write what is known where much of it is new."""
        for parent, known in self._known.items():
            if known.new * _NEW_SHARE > self._rows:
                rows = np.flatnonzero(known.have).astype(np.int32)
                data = pack({}, {"rows": rows, "margins": known.margins[rows]})
                self._cache.save("intent-margins", self._key(parent), data)

    def _loaded(self, parent: int, classes: int) -> _Known | None:
        """What an earlier run kept; a damaged entry counts as absent."""
        data = self._cache.load("intent-margins", self._key(parent))
        if data is None:
            return None
        known = _Known(np.zeros(self._rows, np.bool_), np.zeros((self._rows, classes), np.float32))
        try:
            arrays = unpack(data).arrays
            known.margins[arrays["rows"]] = arrays["margins"].astype(np.float32, casting="no")
            known.have[arrays["rows"]] = True
        except (ValueError, LookupError, TypeError):
            return None
        return known

    def _key(self, parent: int) -> str:
        return f"{self._batch} {self._name(parent)}"


def _digest_of(fit: Linear) -> str:
    """A classifier's name: its content."""
    found = hashlib.sha256(json.dumps(fit.classes).encode())
    for array in (fit.ids, fit.weights, fit.bias):
        found.update(f"{array.dtype.str}{array.shape}".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


# --- features -------------------------------------------------------------------------------------------


def _parted(texts: Sequence[str], parts: int) -> list[Ints]:
    """The places of the texts, parted by each text alone."""
    where = np.array([_hash_of(text) % parts for text in texts], np.int64)
    return [found for part in range(parts) if len(found := np.flatnonzero(where == part))]


def _hash_of(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def _name_of(texts: Sequence[str]) -> str:
    """All that a batch's features come from, and its margins beside a classifier."""
    code = f"{code_digest('pipeline')} {np.__version__}"
    return hashlib.sha256(json.dumps([code, texts]).encode()).hexdigest()


def _features(texts: Sequence[str], name: str, cache: Cache) -> Features:
    found = _read(cache.load("features", name), len(texts))
    if found is None:
        found = extract(texts)
        ids = found.ids.astype(np.int32)  # as many as there are columns
        cache.save("features", name, pack({}, {"indptr": found.indptr, "ids": ids, "weights": found.weights}))
    return found


def _read(data: bytes | None, rows: int) -> Features | None:
    """Kept features; a damaged entry counts as absent."""
    try:
        arrays = unpack(data or b"").arrays
        indptr, ids, weights = (arrays[name] for name in ("indptr", "ids", "weights"))
    except (ValueError, LookupError, TypeError):
        return None
    if len(indptr) != rows + 1 or not len(ids) == len(weights) == indptr[-1]:
        return None
    return Features(indptr, ids.astype(np.int64), weights)


def _joined(parts: Sequence[Features]) -> Features:
    lengths = np.concatenate([part.lengths() for part in parts])
    return Features(
        np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths))),
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.weights for part in parts]),
    )
