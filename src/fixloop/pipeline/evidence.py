"""How much of a text a leaf's examples account for: the second opinion that tells unknown from known.

A classifier must choose among its classes, so it is confidently wrong about a text of no class. Counts of
which features each leaf's examples have answer another question: was anything like this said there before?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixloop.pipeline.features import COLUMNS, HALF, TABLE_FROM, Features, Ints, asked_of_table

EVIDENCE = ("log_odds", "words_covered", "characters_covered")
_SMOOTHING = 0.1


@dataclass(frozen=True, slots=True)
class Profiles:
    """In how many of a label's examples each column occurs; integers, so exact and free of order."""

    keys: Ints  # label * COLUMNS + column, ascending
    counts: NDArray[np.int32]
    columns: NDArray[np.int32]  # every column seen, ascending
    totals: NDArray[np.int32]  # in how many of all examples
    sizes: Ints  # examples of each label

    def weigh(self, features: Features, labels: Ints) -> NDArray[np.float64]:
        """Columns `EVIDENCE` for each row against its label [rows, 3]; rows may not be empty."""
        owners, letters = features.owners(), features.ids >= HALF
        here = _looked_up(self.keys, self.counts, labels[owners] * COLUMNS + features.ids)
        everywhere = self._everywhere(features.ids)
        size, rows = self.sizes[labels][owners], self.sizes.sum()
        odds = _log_share(here, size) - _log_share(everywhere - here, rows - size)
        rarity = features.weights * np.log((rows + 1) / (everywhere + 0.5))

        def summed(values: NDArray[Any]) -> NDArray[np.float64]:
            return np.bincount(owners, values, len(features)).astype(np.float64)

        def covered(block: NDArray[np.bool_]) -> NDArray[np.float64]:
            return summed(rarity * (block & (here > 0))) / np.maximum(summed(rarity * block), 1e-9)

        return np.column_stack([summed(features.weights * odds), covered(~letters), covered(letters)])

    def knows(self, features: Features) -> NDArray[np.bool_]:
        """Whether any of a row's features occurs in any example."""
        known = self._everywhere(features.ids) > 0
        return np.bincount(features.owners()[known], minlength=len(features)) > 0

    def _everywhere(self, wanted: Ints) -> NDArray[np.int32]:
        if len(wanted) > TABLE_FROM:
            return np.maximum(asked_of_table(self.columns, self.totals, wanted), 0)
        return _looked_up(self.columns, self.totals, wanted)


def count_profiles(features: Features, labels: Ints, size: int) -> Profiles:
    """Profiles of ``size`` labels from examples and the label of each."""
    keys, counts = np.unique(labels[features.owners()] * COLUMNS + features.ids, return_counts=True)
    columns, totals = np.unique(features.ids, return_counts=True)
    return Profiles(
        keys,
        counts.astype(np.int32),
        columns.astype(np.int32),
        totals.astype(np.int32),
        np.bincount(labels, minlength=size),
    )


def _looked_up(keys: NDArray[Any], values: NDArray[np.int32], wanted: Ints) -> NDArray[np.int32]:
    if not len(keys):
        return np.zeros(len(wanted), np.int32)
    places = np.searchsorted(keys, wanted.astype(keys.dtype))
    found = keys.take(places, mode="clip") == wanted
    return np.where(found, values.take(places, mode="clip"), 0).astype(np.int32)


def _log_share(counts: NDArray[Any], sizes: NDArray[Any]) -> NDArray[np.float64]:
    share: NDArray[np.float64] = np.log((counts + _SMOOTHING) / (sizes + 2 * _SMOOTHING))
    return share
