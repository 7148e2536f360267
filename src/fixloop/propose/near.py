"""Which texts are near which, by the same stateless features the intent engine reads."""

from collections.abc import Sequence
from typing import Any


def similarities(texts: Sequence[str], others: Sequence[str]) -> Any:
    """Cosine similarity, an array [texts, others] of 0…1."""
    import numpy as np

    columns, matrix = _rows((*texts, *others))
    dense = np.zeros((len(texts), columns), dtype=np.float32)
    for row in range(len(texts)):
        ids, weights = matrix[row]
        dense[row, ids] = weights
    result = np.zeros((len(texts), len(others)), dtype=np.float32)
    for column in range(len(others)):
        ids, weights = matrix[len(texts) + column]
        result[:, column] = dense[:, ids] @ weights
    return result


def _rows(texts: tuple[str, ...]) -> tuple[int, list[tuple[Any, Any]]]:
    """Unit rows over the columns that occur at all: (column count, [(column ids, weights)])."""
    import numpy as np

    from fixloop.pipeline.features import extract

    features = extract(texts)
    used, compact = np.unique(features.ids, return_inverse=True)
    rows = []
    for start, end in zip(features.indptr[:-1], features.indptr[1:], strict=True):
        weights = features.weights[start:end].astype(np.float32)
        norm = float(np.sqrt((weights**2).sum())) or 1.0
        rows.append((compact[start:end], weights / norm))
    return max(1, len(used)), rows


def nearest(texts: Sequence[str], others: Sequence[str], count: int) -> list[int]:
    """Indices of the `count` others that are nearest to any of the texts, nearest first, ties by order."""
    import numpy as np

    if not texts or not others:
        return []
    best = np.round(similarities(texts, others).max(axis=0), 6)
    return [int(n) for n in np.lexsort((np.arange(len(others)), -best))[:count]]
