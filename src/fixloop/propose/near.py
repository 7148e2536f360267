"""Which texts are near which, by the same stateless features the intent engine reads.

What every text has tells nothing, so a `Space` weighs each feature by its rarity among the texts it was made
of (inverse document frequency; Spärck Jones, 1972). Rows are sparse and of length 1: a product is a cosine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Space:
    """The columns that occur in several of some texts, ascending, and how telling each is.

    What only one text has cannot make two alike; it would only make every likeness smaller.
    """

    ids: Any
    weights: Any

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Space":
        """The space of these texts; texts asked about later are read by its columns alone."""
        import numpy as np

        from fixloop.pipeline.features import extract

        ids, counts = np.unique(extract(texts).ids, return_counts=True)
        ids, counts = ids[counts > 1], counts[counts > 1]
        return cls(ids, np.log((len(texts) + 1) / (counts + 0.5)).astype(np.float32))

    def rows(self, texts: Sequence[str]) -> Any:
        """A sparse matrix [texts, columns] of unit rows; a text without a known column has an empty row."""
        import numpy as np
        from scipy.sparse import csr_matrix

        from fixloop.pipeline.features import extract

        features = extract(texts)
        owners, columns = features.owners(), np.searchsorted(self.ids, features.ids)
        known = np.append(self.ids, -1)[columns] == features.ids
        columns = np.where(known, columns, 0)
        values = np.where(known, features.weights * np.append(self.weights, 0)[columns], 0.0)
        norms = np.sqrt(np.bincount(owners, np.square(values), minlength=len(texts)))
        unit = (values / np.maximum(norms, 1e-9)[owners])[known].astype(np.float32)
        indptr = np.concatenate(([0], np.cumsum(known)))[features.indptr]
        return csr_matrix((unit, columns[known], indptr), shape=(len(texts), max(1, len(self.ids))))


FEW = 1_000


def similarities(texts: Sequence[str], others: Sequence[str]) -> Any:
    """Cosine similarity in the space of all these texts, an array [texts, others] of 0…1."""
    space = Space.of([*texts, *others])
    return (space.rows(texts) @ space.rows(others).T).toarray()


def nearest(texts: Sequence[str], others: Sequence[str], count: int) -> list[int]:
    """Indices of the `count` others that are nearest to any of the texts, nearest first, ties by order."""
    import numpy as np

    if not texts or not others:
        return []
    space, rows = _known_space(tuple(others), tuple(texts) if len(others) < FEW else ())
    best = np.round((space.rows(texts) @ rows.T).max(axis=0).toarray().ravel(), 6)
    return [int(n) for n in np.lexsort((np.arange(len(others)), -best))[:count]]


@lru_cache(maxsize=8)
def _known_space(others: tuple[str, ...], texts: tuple[str, ...]) -> tuple[Space, Any]:
    """The space of texts that are asked about again and again, and their rows; few need the askers' words."""
    space = Space.of([*others, *texts])
    return space, space.rows(others)
