"""Which texts are near which, by the same stateless features the intent engine reads.

What every text has tells nothing, so a `Space` weighs each feature by its rarity among the texts it was made
of (inverse document frequency; Spärck Jones, 1972). Rows are sparse and of length 1: a product is a cosine.

Where `engines.embedder` names a function of one's own, texts lie in an `Embedded` space instead: its rows
with their mean taken out, for what all texts share tells nothing there either (Mu and Viswanath, ICLR 2018).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fixloop.errors import BadInput
from fixloop.pipeline.engines import is_custom, load_embedder
from fixloop.workspace.text import shown

if TYPE_CHECKING:
    from fixloop.workspace.model import Config


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

    def beside(self, texts: Sequence[str]) -> "Space":
        """A space of the same sort, of other texts."""
        return Space.of(texts)


@dataclass(frozen=True, eq=False)
class Embedder:
    """A function from texts to rows of numbers; each text is asked for once."""

    name: str
    function: Callable[[list[str]], Any]
    known: dict[str, Any] = field(default_factory=dict, repr=False)

    def rows(self, texts: Sequence[str]) -> Any:
        """An array [texts, d] of unit rows.

        Raises:
            BadInput: what the function gave is not a row of numbers for each text, all of one length.
        """
        import numpy as np

        missing = [text for text in dict.fromkeys(texts) if text not in self.known]
        if missing:
            self.known.update(zip(missing, self._asked(missing), strict=True))
        return np.array([self.known[text] for text in texts])

    def _asked(self, texts: list[str]) -> Any:
        import numpy as np

        try:
            found = np.asarray(self.function(texts), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise self._unfit(f"{error}") from None
        length = len(next(iter(self.known.values()), found[0] if found.ndim == 2 else ()))
        if found.ndim != 2 or found.shape != (len(texts), length) or not length:
            raise self._unfit(f"{len(texts)} texts gave an array of {found.shape}")
        if not np.isfinite(found).all():
            raise self._unfit("a number is not finite")
        return _unit(found)

    def _unfit(self, detail: str) -> BadInput:
        message = f"embedder {shown(self.name)} does not give a row of numbers for each text: {detail}"
        return BadInput(message, mend="return an array [texts, d]")


@dataclass(frozen=True, eq=False)
class Embedded:
    """Texts as an embedder places them, around the mean of those that the space was made of."""

    embedder: Embedder
    mean: Any

    @classmethod
    def of(cls, texts: Sequence[str], embedder: Embedder) -> "Embedded":
        """The space of these texts; of few distinct ones less of the mean is known, so less goes out."""
        distinct = list(dict.fromkeys(texts))
        return cls(embedder, embedder.rows(distinct).mean(axis=0) * (1 - 1 / len(distinct)) if texts else 0.0)

    def rows(self, texts: Sequence[str]) -> Any:
        """A matrix [texts, d] of unit rows, in the form of a `Space`'s; the mean itself is an empty row."""
        import numpy as np
        from scipy.sparse import csr_matrix

        if not texts:
            return csr_matrix((0, max(1, np.size(self.mean))), dtype=np.float32)
        return csr_matrix(_unit(np.round(self.embedder.rows(texts) - self.mean, 9)).astype(np.float32))

    def beside(self, texts: Sequence[str]) -> "Embedded":
        """A space of the same sort, of other texts."""
        return Embedded.of(texts, self.embedder)


def _unit(rows: Any) -> Any:
    import numpy as np

    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


AnySpace = Space | Embedded


def embedder_of(config: "Config") -> Embedder | None:
    """The embedder that fixloop.yaml names; None where it is the built-in one.

    Raises:
        BadInput: nothing to import there.
    """
    name = config.engines.embedder
    return Embedder(name, load_embedder(name, config)) if is_custom(name) else None


def space_of(texts: Sequence[str], embedder: Embedder | None) -> AnySpace:
    """The space of these texts, by an embedder where there is one."""
    return Embedded.of(texts, embedder) if embedder else Space.of(texts)


FEW = 1_000


def similarities(texts: Sequence[str], others: Sequence[str]) -> Any:
    """Cosine similarity in the space of all these texts, an array [texts, others] of 0…1."""
    space = Space.of([*texts, *others])
    return (space.rows(texts) @ space.rows(others).T).toarray()


def nearest(
    texts: Sequence[str], others: Sequence[str], count: int, embedder: Embedder | None = None
) -> list[int]:
    """Indices of the `count` others that are nearest to any of the texts, nearest first, ties by order."""
    import numpy as np

    if not texts or not others:
        return []
    space, rows = _known_space(tuple(others), tuple(texts) if len(others) < FEW else (), embedder)
    best = np.round((space.rows(texts) @ rows.T).max(axis=0).toarray().ravel(), 6)
    return [int(n) for n in np.lexsort((np.arange(len(others)), -best))[:count]]


@lru_cache(maxsize=8)
def _known_space(
    others: tuple[str, ...], texts: tuple[str, ...], embedder: Embedder | None
) -> tuple[AnySpace, Any]:
    """The space of texts that are asked about again and again, and their rows; few need the askers' words."""
    space = space_of([*others, *texts], embedder)
    return space, space.rows(others)
