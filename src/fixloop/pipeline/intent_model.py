"""The model of the engine `examples`: from the root down the DAG, every path scored jointly.

A parent's classifier gives each child a share; a path's share is the product along it, and a leaf's the sum
over its paths. Where leaves come close, counts (`evidence`) divide their shares anew: that ranks the leaves.
How far to trust the best one is a second question to the same counts: the answer's score joins all of it, and
the thresholds of the workspace are compared with it.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fixloop.pipeline.descent import Chooser, Descent, descend, trace_path
from fixloop.pipeline.evidence import EVIDENCE, Profiles
from fixloop.pipeline.features import Features, Ints
from fixloop.pipeline.heard import Batch, Texts
from fixloop.pipeline.intent_graph import ROOT, IntentGraph
from fixloop.pipeline.linear import Linear
from fixloop.pipeline.packed import pack, unpack
from fixloop.ports.cache import Cache, NoCache
from fixloop.workspace.model import OTHER, other_of

ALGORITHM = "2"  # raise it when code changes an answer; changed constants show by themselves
BEST = 5
DIGITS = 6
_FLOOR = 1e-6

# Both fitted by benchmarks/fit_trust.py; constants, so an added example never asks for a cross-validation.
RIVAL = 0.2  # leaves with this much of the best one's share are weighed against each other
RIVALRY = {
    "log_odds": 0.06,
    "words_covered": 1.925,
    "characters_covered": 1.325,
}
TRUST = {
    "bias": -1.213,
    "share": 1.854,
    "log_odds": 0.083,
    "words_covered": 1.12,
    "characters_covered": 1.047,
}
_PROFILE_ARRAYS = ("keys", "counts", "columns", "totals", "sizes")
_LITERALS = (int, float, str, tuple, dict, re.Pattern)
_PARTS = ("features", "linear", "evidence", "descent", "intent_model")


def algorithm_version() -> str:
    """What decides an answer beside the examples, so that no cached model of other constants is ever used."""
    modules = [vars(sys.modules[f"{__package__}.{part}"]) for part in _PARTS]
    constants = [
        sorted((name, repr(value)) for name, value in module.items() if _decides(name, value))
        for module in modules
    ]
    return f"{ALGORITHM}.{hashlib.sha256(json.dumps(constants).encode()).hexdigest()[:12]}"


def _decides(name: str, value: object) -> bool:
    return name.isupper() and isinstance(value, _LITERALS) and name != "INTENT_VERSION"


INTENT_VERSION = algorithm_version()


class IntentAnswer(NamedTuple):
    """One text's leaf, and why.

    ``leaf`` is the answer after thresholds, ``raw_leaf`` the best before them, ``path`` the strongest way
    down to ``leaf``, ``score`` how far to trust ``raw_leaf`` (0…1), ``scores`` the best five leaves.
    """

    leaf: str
    raw_leaf: str
    path: tuple[str, ...]
    score: float
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Judged:
    """A batch of texts that have known words: rows of the model's answer."""

    joint: NDArray[np.float64]  # [rows, labels]
    order: Ints  # [rows, BEST] labels, best first
    trust: NDArray[np.float64]  # [rows]
    paths: list[tuple[str, ...]]  # of the best label


@dataclass(frozen=True, slots=True)
class _Rivals:
    """Leaves close to the best of their row, at least the best itself: row, label, `EVIDENCE` of each."""

    rows: Ints  # ascending
    labels: Ints
    counted: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A batch's way down with its rivals settled, the best labels, and what `TRUST` weighs of the first."""

    descent: Descent
    order: Ints  # [rows, BEST]
    evidence: NDArray[np.float64]  # [rows, 4]


class LeafScores(NamedTuple):
    """Joint scores [texts, labels] and the labels."""

    scores: NDArray[np.float64]
    labels: tuple[str, ...]


class RivalEvidence(NamedTuple):
    """What `RIVALRY` weighs: one line for each leaf that comes close to a text's best."""

    rows: Ints  # the text of each line
    leaves: list[str]
    evidence: NDArray[np.float64]  # [lines, 4]: log share, then `EVIDENCE`


class TrustEvidence(NamedTuple):
    """What `TRUST` weighs [texts, 4], and each text's raw leaf."""

    evidence: NDArray[np.float64]
    leaves: list[str]


class IntentModel:
    """A fitted engine: plain arrays, thresholds laid over them."""

    def __init__(
        self,
        graph: IntentGraph,
        fits: Mapping[str, Linear],
        profiles: Profiles,
        thresholds: Mapping[str, float],
        cache: Cache | None = None,
    ) -> None:
        self._graph = graph
        self._fits = dict(fits)
        self._profiles = profiles
        self._thresholds = dict(thresholds)
        self._highest = max(self._thresholds.values(), default=0.0)
        self._choosers = [Chooser.of(graph, self._fits.get(parent)) for parent in graph.parents]
        by_place = {place: one.fit for place, one in enumerate(self._choosers) if one.fit is not None}
        self._texts = Texts(NoCache() if cache is None else cache, by_place)

    def with_thresholds(self, thresholds: Mapping[str, float], cache: Cache | None = None) -> IntentModel:
        """The same model, without a refit, under other thresholds; a cache keeps what it is asked."""
        return IntentModel(self._graph, self._fits, self._profiles, thresholds, cache)

    def classify(self, texts: Sequence[str]) -> list[IntentAnswer]:
        """An answer for each text; a text of which no feature is known is `other` with a score of 0."""
        answers = [IntentAnswer(OTHER, OTHER, (OTHER,), 0.0, {})] * len(texts)
        for batch in self._heard(texts):
            for row, answer in zip(batch.places.tolist(), self._answers(batch), strict=True):
                answers[row] = answer
        return answers

    def leaf_scores(self, texts: Sequence[str]) -> LeafScores:
        """Joint scores of every label [texts, labels], as `classify` gives the best five, and the labels."""
        scores = np.zeros((len(texts), len(self._graph.labels)))
        for batch in self._heard(texts):
            judged = self._judge(batch, None)
            best = judged.joint[np.arange(len(batch)), judged.order[:, 0]]
            scores[batch.places] = np.round(judged.joint * (judged.trust / best)[:, None], DIGITS)
        return LeafScores(scores, self._graph.labels)

    def trust_evidence(self, texts: Sequence[str]) -> TrustEvidence:
        """What `TRUST` weighs [texts, len(TRUST) - 1], and each raw leaf: for fitting those constants."""
        evidence = np.full((len(texts), len(TRUST) - 1), np.nan)
        leaves: list[str] = [OTHER] * len(texts)
        for batch in self._heard(texts):
            ranked = self._ranked(batch, BEST)
            evidence[batch.places] = ranked.evidence
            for row, label in zip(batch.places.tolist(), ranked.order[:, 0].tolist(), strict=True):
                leaves[row] = self._graph.labels[label]
        return TrustEvidence(evidence, leaves)

    def rival_evidence(self, texts: Sequence[str]) -> RivalEvidence:
        """The close leaves of each text and what there is to weigh between them: for fitting `RIVALRY`."""
        found = []
        for batch in self._heard(texts):
            joint = descend(self._graph, self._choosers, batch, BEST).joint
            rivals = self._rivals(batch.features, joint, _ranking(joint))
            shares = np.log(joint[rivals.rows, rivals.labels])
            found.append(
                (batch.places[rivals.rows], rivals.labels, np.column_stack([shares, rivals.counted]))
            )
        rows, labels, evidence = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return RivalEvidence(rows, [self._graph.labels[label] for label in labels.tolist()], evidence)

    def _heard(self, texts: Sequence[str]) -> Iterator[Batch]:
        """Batches of the texts that anything is known of."""
        if not self._choosers[0].labels.size + self._choosers[0].parents.size:
            return
        for batch in self._texts.batches(texts):
            rows = np.flatnonzero(self._profiles.knows(batch.features))
            if len(rows):
                yield batch.take(rows)

    def _judge(self, batch: Batch, best: int | None) -> _Judged:
        ranked = self._ranked(batch, best)
        paths = trace_path(self._graph, ranked.descent, ranked.order[:, 0])
        return _Judged(ranked.descent.joint, ranked.order, trusted(ranked.evidence), paths)

    def _ranked(self, batch: Batch, best: int | None) -> _Ranked:
        descent = descend(self._graph, self._choosers, batch, best)
        joint, before = descent.joint, _ranking(descent.joint)
        rivals = self._rivals(batch.features, joint, before)
        shares = joint[rivals.rows, rivals.labels]
        joint[rivals.rows, rivals.labels] = _divided_anew(rivals, shares, len(batch))
        order = _reordered(joint, before)
        # One a row: the best of the rivals keeps more than any leaf has that is none.
        chosen = rivals.labels == order[rivals.rows, 0]
        # The share from before: it tells unknown texts better, for counts are heard once and not twice.
        first = np.log(np.maximum(shares[chosen], _FLOOR))
        return _Ranked(descent, order, np.column_stack([first, rivals.counted[chosen]]))

    def _rivals(self, features: Features, joint: NDArray[np.float64], order: Ints) -> _Rivals:
        shares = np.take_along_axis(joint, order, axis=1)
        rows, places = np.nonzero(shares >= RIVAL * shares.max(axis=1, keepdims=True))
        labels = order[rows, places]
        return _Rivals(rows, labels, self._profiles.weigh(features, rows, labels))

    def _answers(self, batch: Batch) -> Iterator[IntentAnswer]:
        """An answer for each row; its numbers are worked out with those of all, and rounded one by one."""
        judged, labels = self._judge(batch, BEST), self._graph.labels
        best = np.take_along_axis(judged.joint, judged.order, axis=1)
        scored = (judged.trust[:, None] * (best / best[:, :1])).tolist()
        columns = (judged.order.tolist(), scored, judged.trust.tolist(), judged.paths)
        for order, raw, trust, path in zip(*columns, strict=True):
            rounded = [round(score, DIGITS) for score in raw]
            scores = {labels[one]: score for one, score in zip(order, rounded, strict=True) if score > 0}
            yield self._held_back(IntentAnswer(labels[order[0]], labels[order[0]], path, trust, scores))

    def _held_back(self, found: IntentAnswer) -> IntentAnswer:
        """The answer, or the `other` of the first level down its path whose threshold it misses."""
        if found.score >= self._highest:
            return found
        levels = (ROOT, *found.path[:-1])
        for depth, level in enumerate(levels):
            if found.score < self._thresholds.get(level, 0.0):
                leaf = other_of(level)
                return found._replace(leaf=leaf, path=(*found.path[:depth], leaf))
        return found

    def to_bytes(self) -> bytes:
        """The whole model; `from_bytes` gives back one with identical answers."""
        arrays: dict[str, NDArray[np.generic]] = {}
        for name in _PROFILE_ARRAYS:
            arrays[name] = getattr(self._profiles, name)
        for parent, fit in self._fits.items():
            arrays |= {f"{parent}/ids": fit.ids, f"{parent}/weights": fit.weights, f"{parent}/bias": fit.bias}
        classes = {parent: fit.classes for parent, fit in self._fits.items()}
        header = {
            "version": INTENT_VERSION,
            "children": self._graph.children,
            "classes": classes,
            "thresholds": self._thresholds,
        }
        return pack(header, arrays)

    @classmethod
    def from_bytes(cls, data: bytes) -> IntentModel:
        """The model that `to_bytes` wrote.

        Raises:
            ValueError: the bytes are damaged, or of another version.
        """
        header, arrays = unpack(data)
        if header.get("version") != INTENT_VERSION:
            raise ValueError(f"an intent model of version {header.get('version')}, not {INTENT_VERSION}")
        fits = {
            parent: Linear(
                tuple(classes), *(arrays[f"{parent}/{part}"] for part in ("ids", "weights", "bias"))
            )
            for parent, classes in header["classes"].items()
        }
        profiles = Profiles(**{name: arrays[name] for name in _PROFILE_ARRAYS})
        return cls(IntentGraph(header["children"]), fits, profiles, header["thresholds"])


def trusted(evidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """The score of each row's best leaf: the chance, at even odds of known and unknown, that it is right."""
    weights = [TRUST[name] for name in ("share", *EVIDENCE)]
    trust: NDArray[np.float64] = np.round(
        1 / (1 + np.exp(-TRUST["bias"] - _total(evidence, weights))), DIGITS
    )
    return trust


def _total(evidence: NDArray[np.float64], weights: Sequence[float]) -> NDArray[np.float64]:
    """Added column by column: a matrix product's rounding would depend on the batch."""
    total = np.zeros(len(evidence))
    for column, weight in enumerate(weights):
        total += weight * evidence[:, column]
    return total


def _divided_anew(rivals: _Rivals, shares: NDArray[np.float64], rows: int) -> NDArray[np.float64]:
    """The shares of rivals after their evidence; those of one row keep their sum."""
    pull = _total(rivals.counted, [RIVALRY[name] for name in EVIDENCE])
    most = np.full(rows, -np.inf)
    np.maximum.at(most, rivals.rows, pull)
    pulled = shares * np.exp(pull - most[rivals.rows])
    scale = np.bincount(rivals.rows, shares, rows) / np.bincount(rivals.rows, pulled, rows)
    divided: NDArray[np.float64] = pulled * scale[rivals.rows]
    return divided


def _ranking(joint: NDArray[np.float64]) -> Ints:
    """The best labels of each row; equal to six digits means equal, and the id decides."""
    return np.argsort(-np.round(joint, DIGITS), axis=1, kind="stable")[:, :BEST]


def _reordered(joint: NDArray[np.float64], order: Ints) -> Ints:
    """The same labels by their shares of now, as parts of the best one's share."""
    shares = np.take_along_axis(joint, order, axis=1)
    parts = np.round(shares / shares.max(axis=1, keepdims=True), DIGITS)
    return np.take_along_axis(order, np.lexsort((order, -parts), axis=1), axis=1)
