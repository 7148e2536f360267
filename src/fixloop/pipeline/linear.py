"""A linear one-against-the-rest classifier of sparse rows: fitted by scikit-learn, read with numpy only."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixloop.pipeline.features import COLUMNS, UNKNOWN, Features, Ints, places_among
from fixloop.pipeline.packed import pack, unpack

PENALTY = 2.0  # C of the squared hinge loss; 4 is as good and takes half as long again
TOLERANCE = 0.01  # of the optimum: a tenth or a hundredth of it moves no answer in a thousand
PRUNE_FROM = 1_000  # in this many rows a column seen once tells nothing, and such are half of all columns
_CHUNK = 1_000_000  # products held at once: 4 MB


@dataclass(frozen=True, slots=True)
class Linear:
    """Coefficients of the columns seen in training; every other column counts as zero.

    ``ids`` [n] ascending, ``weights`` [n + 1, classes] with a last row of zeros for unknown ids (place -1),
    ``bias`` [classes].
    """

    classes: tuple[str, ...]
    ids: NDArray[np.int32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def margins(self, features: Features) -> NDArray[np.float32]:
        """Signed distances [rows, classes], a row's the same in any batch; rows may not be empty."""
        places = places_among(self.ids, features.ids)
        out = np.empty((len(features), len(self.classes)), np.float32)
        for start, end in _chunks(features.indptr, _CHUNK // max(len(self.classes), 1)):
            span = slice(features.indptr[start], features.indptr[end])
            # `take` is thrice as quick as an index: it copies whole rows. Unknown is -1, the last row.
            products = self.weights.take(places[span], axis=0, mode="wrap")
            products *= features.weights[span, None]
            out[start:end] = np.add.reduceat(products, features.indptr[start:end] - span.start, axis=0)
        return out + self.bias

    def to_bytes(self) -> bytes:
        """For a cache; `from_bytes` reads it back."""
        return pack({"classes": self.classes}, {"ids": self.ids, "weights": self.weights, "bias": self.bias})

    @classmethod
    def from_bytes(cls, data: bytes) -> Linear:
        """The classifier that `to_bytes` wrote.

        Raises:
            ValueError: the bytes are damaged.
        """
        header, arrays = unpack(data)
        return cls(tuple(header["classes"]), arrays["ids"], arrays["weights"], arrays["bias"])


def _chunks(indptr: Ints, most: int) -> list[tuple[int, int]]:
    """Runs of whole rows with about that many features each."""
    rows = len(indptr) - 1
    marks = np.arange(0, indptr[-1] + most, most)
    cuts = sorted({0, rows, *np.searchsorted(indptr[:-1], marks).tolist()})
    return list(pairwise(cuts))


def fit_linear(classes: tuple[str, ...], features: Features, targets: NDArray[np.bool_]) -> Linear:
    """Fit one hyperplane a class; ``targets`` [rows, classes] may name several classes for a row.

    L2-regularised squared hinge loss (Fan et al., LIBLINEAR, JMLR 2008), solved in the dual, fixed seed.
    """
    ids = _kept_columns(features)
    if len(classes) == 1 or not len(ids):
        return Linear(
            classes, ids[:0], np.zeros((1, len(classes)), np.float32), np.ones(len(classes), np.float32)
        )
    weights, bias = _hyperplanes(_matrix(features, ids), targets)
    padded = np.vstack([weights.T, np.zeros((1, len(classes)))]).astype(np.float32)
    return Linear(classes, ids, padded, bias.astype(np.float32))


def _kept_columns(features: Features) -> NDArray[np.int32]:
    ids, rows = np.unique(features.ids.astype(np.int32), return_counts=True)
    return ids[rows > 1] if len(features) >= PRUNE_FROM else ids


def _matrix(features: Features, ids: NDArray[np.int32]) -> Any:
    from scipy.sparse import csr_matrix

    places = places_among(ids, features.ids)
    kept = places != UNKNOWN
    columns = places[kept]
    indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum(kept)))[features.indptr]
    return csr_matrix((features.weights[kept], columns, indptr), shape=(len(features), len(ids)))


def _hyperplanes(matrix: Any, targets: NDArray[np.bool_]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Normals [classes, columns] and offsets [classes]."""
    solve = _solver()
    if (targets.sum(axis=1) == 1).all() and targets.any(axis=0).all():
        return solve(matrix, targets.argmax(axis=1))
    planes = [solve(matrix, column) for column in targets.T]
    # A pair of classes comes back twice, mirrored; the second is the one of True.
    return np.vstack([normals[-1:] for normals, _ in planes]), np.concatenate([one[-1:] for _, one in planes])


def _solver() -> Callable[[Any, NDArray[Any]], tuple[NDArray[Any], NDArray[Any]]]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    def solve(matrix: Any, labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        if (labels == labels[0]).all():  # every row is of it, or none: nothing to separate
            sign = 1.0 if labels[0] else -1.0
            return np.zeros((1, matrix.shape[1])), np.array([sign])
        model = LinearSVC(C=PENALTY, tol=TOLERANCE, dual=True, max_iter=2_000, random_state=0)
        with warnings.catch_warnings():
            # The same text under two leaves converges slowly; the last iterate is good, and always the same.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(matrix, labels)
        if len(model.coef_) > 1:
            return model.coef_, model.intercept_
        return np.vstack([-model.coef_, model.coef_]), np.append(-model.intercept_, model.intercept_)

    return solve


assert COLUMNS < 2**31, "ids are kept in 32 bits"
