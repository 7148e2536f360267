"""Examples of two leaves that lie in each other's files, told apart anew.

A model that was taught mixed examples cannot tell which is whose, and where over half lie wrong neither can
their neighbours. The texts whose leaf staff or cases say, and the leaves' own names, begin; then what each
leaf's words are and which example is whose are found in turns (naive Bayes with expectation and maximisation;
Nigam, McCallum, Thrun and Mitchell, 2000). As many are a leaf's as lie in its file: without that one of them
takes what both have in common, and with it nearly everything (known proportions: Mann and McCallum, 2007).
"""

from collections.abc import Sequence
from typing import Any

ROUNDS = 40
SMOOTHED = 0.1
"""What a word counts for in a leaf that has never shown it."""

FLATTER = 10.0
"""Log-odds are divided by it: a text's n-grams say the same thing about so many times over."""

_DONE = 1e-2
_MOST = 30.0


def told_apart(texts: Sequence[str], size: int, here: Sequence[str], there: Sequence[str]) -> list[float]:
    """The log-odds (nats) of each text that it belongs to the first leaf and not to the second.

    `size` of the texts are the first leaf's, whichever they are. `here` and `there` are texts known to be the
    first leaf's and the second's; none may be empty.
    """
    import numpy as np

    rows = _words_of([*texts, *here, *there])
    asked, first, second = rows[: len(texts)], rows[len(texts) : -len(there)], rows[-len(there) :]
    known = [np.asarray(part.sum(axis=0)).ravel() + SMOOTHED for part in (first, second)]
    odds = np.zeros(len(texts))
    for _ in range(ROUNDS):
        shares = 1 / (1 + np.exp(-np.clip(odds, -_MOST, _MOST)))
        counts = (known[0] + asked.T @ shares, known[1] + asked.T @ (1 - shares))
        told = [np.log(one / one.sum()) for one in counts]
        found = asked @ (told[0] - told[1]) / FLATTER
        found = np.round(found - _border(found, size), 9)
        moved = float(np.abs(found - odds).max(initial=0.0))
        odds = found
        if moved < _DONE:
            break
    return [float(one) for one in odds]


def _border(odds: Any, size: int) -> float:
    """What `size` of the odds lie above, half-way to the next."""
    ranked = sorted(odds.tolist(), reverse=True)
    return (ranked[size - 1] + ranked[size]) / 2 if 0 < size < len(ranked) else 0.0


def _words_of(texts: Sequence[str]) -> Any:
    """Which of the n-grams that several texts have each of them has: a sparse matrix [texts, n-grams]."""
    import numpy as np
    from scipy.sparse import csr_matrix

    from fixloop.pipeline.features import extract

    features = extract(list(texts))
    ids, columns, counts = np.unique(features.ids, return_inverse=True, return_counts=True)
    found = csr_matrix((np.ones(len(columns)), columns, features.indptr), shape=(len(texts), len(ids)))
    return found[:, np.flatnonzero(counts > 1)]
