"""How much of a text a leaf's examples account for: the second opinion that tells unknown from known.

A classifier must choose among its classes, so it is confidently wrong about a text of no class. Counts of
which features each leaf's examples have answer another question: was anything like this said there before?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixloop.pipeline.features import COLUMNS, HALF, Features, Ints, places_among
from fixloop.pipeline.identity import once_for_these

EVIDENCE = ("log_odds", "words_covered", "characters_covered")
_SMOOTHING = 0.1

Counts = NDArray[np.int32]


# What is known of a batch is asked just before it is weighed.
_places_lately = once_for_these(1)(places_among)


@dataclass(frozen=True, slots=True)
class Profiles:
    """In how many of a label's examples each column occurs; integers, so exact and free of order."""

    keys: Ints  # label * COLUMNS + column, ascending
    counts: NDArray[np.int32]
    columns: NDArray[np.int32]  # every column seen, ascending
    totals: NDArray[np.int32]  # in how many of all examples
    sizes: Ints  # examples of each label

    def weigh(self, features: Features, rows: Ints, labels: Ints) -> NDArray[np.float64]:
        """Columns `EVIDENCE` for each of some rows against its label [rows, 3]; they may not be empty.

        A row that stands against several labels is weighed once as far as no label matters.
        """
        places = _places_lately(self.columns, features.ids)
        seen, letters, owners = self._everywhere(places), features.ids >= HALF, features.owners()
        rarity = features.weights * np.log((self.sizes.sum() + 1) / (seen + 0.5))
        indptr, at = features.spread(rows)
        lines = np.repeat(np.arange(len(rows)), np.diff(indptr))
        here = self._counted(labels, lines, places.take(at))
        odds = self._odds(here, seen.take(at), self.sizes[labels][lines])
        rare_here, letters_here = rarity.take(at) * (here > 0), letters.take(at)

        def covered(block: NDArray[np.bool_], block_here: NDArray[np.bool_]) -> NDArray[np.float64]:
            rare = np.maximum(_summed(owners, rarity * block, len(features)), 1e-9)
            return _summed(lines, rare_here * block_here, len(rows)) / rare[rows]

        log_odds = _summed(lines, features.weights.take(at) * odds, len(rows))
        return np.column_stack([log_odds, covered(~letters, ~letters_here), covered(letters, letters_here)])

    def knows(self, features: Features) -> NDArray[np.bool_]:
        """Whether any of a row's features occurs in any example."""
        known = _places_lately(self.columns, features.ids) >= 0
        return np.bincount(features.owners()[known], minlength=len(features)) > 0

    def _everywhere(self, places: Counts) -> Counts:
        """In how many examples columns occur; one that was never seen is -1, the zero at the end."""
        return np.append(self.totals, np.int32(0)).take(places, mode="wrap")

    def _odds(self, here: Counts, seen: Counts, size: Ints) -> NDArray[np.float64]:
        return _log_share(here, size) - _log_share(seen - here, self.sizes.sum() - size)

    def _counted(self, labels: Ints, lines: Ints, places: Counts) -> Counts:
        """In how many examples of its line's label each column occurs; a column is told by its place.

        Many are read off a table of labels by columns, no larger than that of all columns is: a search among
        all keys takes five times as long.
        """
        width = len(self.columns) + 1  # one more, always zero: where -1 leads to, from the row below
        if len(places) < len(self.keys) or len(self.sizes) * width > 4 * COLUMNS:
            known = np.flatnonzero(places >= 0)
            columns = self.columns.take(places[known])
            found = np.zeros(len(places), np.int32)
            found[known] = _looked_up(self.keys, self.counts, labels[lines[known]] * COLUMNS + columns)
            return found
        table = np.zeros(len(self.sizes) * width, np.min_scalar_type(self.counts.max()))
        own = places_among(self.columns, self.keys % COLUMNS)
        table[self.keys // COLUMNS * width + own] = self.counts
        return table.take(labels[lines] * width + places, mode="wrap").astype(np.int32)


def count_profiles(features: Features, labels: Ints, size: int) -> Profiles:
    """Profiles of ``size`` labels from examples and the label of each."""
    keys, counts = np.unique(labels[features.owners()] * COLUMNS + features.ids, return_counts=True)
    columns, totals = np.unique(features.ids.astype(np.int32), return_counts=True)
    return Profiles(
        keys,
        counts.astype(np.int32),
        columns,
        totals.astype(np.int32),
        np.bincount(labels, minlength=size),
    )


def _summed(owners: Ints, values: NDArray[Any], size: int) -> NDArray[np.float64]:
    return np.bincount(owners, values, size).astype(np.float64)


def _looked_up(keys: NDArray[Any], values: Counts, wanted: Ints) -> Counts:
    if not len(keys):
        return np.zeros(len(wanted), np.int32)
    places = np.searchsorted(keys, wanted.astype(keys.dtype))
    found = keys.take(places, mode="clip") == wanted
    return np.where(found, values.take(places, mode="clip"), 0).astype(np.int32)


def _log_share(counts: NDArray[Any], sizes: NDArray[Any]) -> NDArray[np.float64]:
    share: NDArray[np.float64] = np.log((counts + _SMOOTHING) / (sizes + 2 * _SMOOTHING))
    return share
