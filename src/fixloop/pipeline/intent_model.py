"""The model of the engine `examples`: from the root down the DAG, every path scored jointly.

A parent's classifier gives each child a share; a path's share is the product along it, and a leaf's the sum
over its paths. That ranks the leaves. How far to trust the best one is a second question, asked of counts
(`evidence`): the answer's score joins both, and the thresholds of the workspace are compared with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fixloop.pipeline.descent import Chooser, descend, trace_path
from fixloop.pipeline.evidence import Profiles
from fixloop.pipeline.features import FEATURES_VERSION, Features, Ints, extract
from fixloop.pipeline.intent_graph import ROOT, IntentGraph
from fixloop.pipeline.linear import LINEAR_VERSION, Linear
from fixloop.pipeline.packed import pack, unpack
from fixloop.workspace.model import OTHER, other_of

INTENT_VERSION = f"1.{FEATURES_VERSION}.{LINEAR_VERSION}"
BEST = 5
DIGITS = 6
_BATCH = 2_048
_FLOOR = 1e-6

# Fitted by benchmarks/fit_trust.py; constants, so an added example never asks for a cross-validation.
TRUST = {
    "bias": -1.264,
    "share": 2.073,
    "log_odds": 0.087,
    "words_covered": 1.258,
    "characters_covered": 0.925,
}


@dataclass(frozen=True, slots=True)
class IntentAnswer:
    """One text's leaf, and why.

    ``leaf`` is the answer after thresholds, ``raw_leaf`` the best before them, ``path`` the strongest way
    down to ``leaf``, ``score`` how far to trust ``raw_leaf`` (0…1), ``scores`` the best five leaves.
    """

    leaf: str
    raw_leaf: str
    path: tuple[str, ...]
    score: float
    scores: Mapping[str, float]


_UNHEARD = IntentAnswer(OTHER, OTHER, (OTHER,), 0.0, {})


@dataclass(frozen=True, slots=True)
class _Judged:
    """A batch of texts that have known words: rows of the model's answer."""

    joint: NDArray[np.float64]  # [rows, labels]
    order: Ints  # [rows, BEST] labels, best first
    trust: NDArray[np.float64]  # [rows]
    paths: list[tuple[str, ...]]  # of the best label


class LeafScores(NamedTuple):
    """Joint scores [texts, labels] and the labels."""

    scores: NDArray[np.float64]
    labels: tuple[str, ...]


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
    ) -> None:
        self._graph = graph
        self._fits = dict(fits)
        self._profiles = profiles
        self._thresholds = dict(thresholds)
        self._choosers = [Chooser.of(graph, self._fits.get(parent)) for parent in graph.parents]

    def with_thresholds(self, thresholds: Mapping[str, float]) -> IntentModel:
        """The same model, without a refit, under other thresholds."""
        return IntentModel(self._graph, self._fits, self._profiles, thresholds)

    def classify(self, texts: Sequence[str]) -> list[IntentAnswer]:
        """An answer for each text; a text of which no feature is known is `other` with a score of 0."""
        answers = [_UNHEARD] * len(texts)
        for rows, features in self._heard(texts):
            judged = self._judge(features, BEST)
            for place, row in enumerate(rows.tolist()):
                answers[row] = self._answer(judged, place)
        return answers

    def leaf_scores(self, texts: Sequence[str]) -> LeafScores:
        """Joint scores of every label [texts, labels], as `classify` gives the best five, and the labels."""
        scores = np.zeros((len(texts), len(self._graph.labels)))
        for rows, features in self._heard(texts):
            judged = self._judge(features, None)
            best = judged.joint[np.arange(len(rows)), judged.order[:, 0]]
            scores[rows] = np.round(judged.joint * (judged.trust / best)[:, None], DIGITS)
        return LeafScores(scores, self._graph.labels)

    def trust_evidence(self, texts: Sequence[str]) -> TrustEvidence:
        """What `TRUST` weighs [texts, len(TRUST) - 1], and each raw leaf: for fitting those constants."""
        evidence = np.full((len(texts), len(TRUST) - 1), np.nan)
        leaves: list[str] = [OTHER] * len(texts)
        for rows, features in self._heard(texts):
            joint, order = self._ranked(features, BEST)
            evidence[rows] = self._evidence(features, joint, order)
            for row, label in zip(rows.tolist(), order[:, 0].tolist(), strict=True):
                leaves[row] = self._graph.labels[label]
        return TrustEvidence(evidence, leaves)

    def _heard(self, texts: Sequence[str]) -> Iterator[tuple[Ints, Features]]:
        """Batches of the texts that anything is known of: their places, their features."""
        if not self._choosers[0].labels.size + self._choosers[0].parents.size:
            return
        for start in range(0, len(texts), _BATCH):
            features = extract(texts[start : start + _BATCH])
            rows = np.flatnonzero(self._profiles.knows(features))
            if len(rows):
                yield rows + start, features.take(rows)

    def _judge(self, features: Features, best: int | None) -> _Judged:
        descent = descend(self._graph, self._choosers, features, best)
        order = _ranking(descent.joint)
        evidence = self._evidence(features, descent.joint, order)
        paths = trace_path(self._graph, descent, order[:, 0])
        return _Judged(descent.joint, order, trusted(evidence), paths)

    def _ranked(self, features: Features, best: int | None) -> tuple[NDArray[np.float64], Ints]:
        joint = descend(self._graph, self._choosers, features, best).joint
        return joint, _ranking(joint)

    def _evidence(self, features: Features, joint: NDArray[np.float64], order: Ints) -> NDArray[np.float64]:
        share = np.take_along_axis(joint, order[:, :1], axis=1)
        counted = self._profiles.weigh(features, order[:, 0])
        return np.hstack([np.log(np.maximum(share, _FLOOR)), counted])

    def _answer(self, judged: _Judged, place: int) -> IntentAnswer:
        labels, order = self._graph.labels, judged.order[place].tolist()
        trust, joint = float(judged.trust[place]), judged.joint[place]
        scores = {labels[one]: round(trust * float(joint[one] / joint[order[0]]), DIGITS) for one in order}
        kept = {leaf: score for leaf, score in scores.items() if score > 0}
        found = IntentAnswer(labels[order[0]], labels[order[0]], judged.paths[place], trust, kept)
        return self._held_back(found)

    def _held_back(self, found: IntentAnswer) -> IntentAnswer:
        """The answer, or the `other` of the first level down its path whose threshold it misses."""
        levels = (ROOT, *found.path[:-1])
        for depth, level in enumerate(levels):
            if found.score < self._thresholds.get(level, 0.0):
                leaf = other_of(level)
                return replace(found, leaf=leaf, path=(*found.path[:depth], leaf))
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


_PROFILE_ARRAYS = ("keys", "counts", "columns", "totals", "sizes")


def trusted(evidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """The score of each row's best leaf: the chance, at even odds of known and unknown, that it is right."""
    total = np.full(len(evidence), TRUST["bias"])
    for column, weight in enumerate(list(TRUST.values())[1:]):
        total += weight * evidence[:, column]
    trust: NDArray[np.float64] = np.round(1 / (1 + np.exp(-total)), DIGITS)
    return trust


def _ranking(joint: NDArray[np.float64]) -> Ints:
    """The best labels of each row; equal to six digits means equal, and the id decides."""
    return np.argsort(-np.round(joint, DIGITS), axis=1, kind="stable")[:, :BEST]
