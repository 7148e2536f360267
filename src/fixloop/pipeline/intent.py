"""Step one's built-in engine, `examples`: fits a model to each leaf's examples, chooses thresholds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fixloop.pipeline.descent import OUTSIDE
from fixloop.pipeline.evidence import count_profiles
from fixloop.pipeline.features import Features, Ints, normalise
from fixloop.pipeline.heard import kept_features
from fixloop.pipeline.intent_graph import ROOT, IntentGraph
from fixloop.pipeline.intent_model import INTENT_VERSION, IntentAnswer, IntentModel
from fixloop.pipeline.linear import Linear, fit_linear
from fixloop.ports.cache import Cache, NoCache
from fixloop.workspace.model import OTHER, is_other, other_of

__all__ = ["INTENT_VERSION", "IntentAnswer", "IntentModel", "choose_thresholds", "fit_intent"]

FOLDS = 5
FOR_A_FEW = 0.05  # the share of right answers that fewer than FEWEST of these texts may cost
FEWEST = 20  # texts of unknown intent from which on a level's own `other` examples set its threshold


@dataclass(frozen=True, slots=True)
class _Corpus:
    """Every example once, by label and then text: no order of files and no repeat can change a fit."""

    texts: Mapping[str, tuple[str, ...]]  # label -> distinct normalised texts, ascending
    digests: Mapping[str, str]
    labels: Ints  # the label of each row
    features: Features


def _gather(graph: IntentGraph, examples: Mapping[str, Sequence[str]], cache: Cache) -> _Corpus:
    texts, digests = {}, {}
    raw: list[str] = []
    owners: list[int] = []
    for place, label in enumerate(graph.labels):
        found = _examples_of(tuple(examples.get(label, ())))
        texts[label], digests[label] = found.texts, found.digest
        raw += found.raw
        owners += [place] * len(found.texts)
    return _Corpus(texts, digests, np.array(owners, dtype=np.int64), kept_features(raw, cache))


class _Examples(NamedTuple):
    """One label's examples, by their normalised texts."""

    texts: tuple[str, ...]
    digest: str
    raw: tuple[str, ...]


@lru_cache(maxsize=2_048)  # drafts of one workspace differ in a label or two
def _examples_of(texts: tuple[str, ...]) -> _Examples:
    spellings = {normalise(text): text for text in texts}
    spellings.pop("", None)
    ordered = tuple(sorted(spellings))
    return _Examples(ordered, _digest(ordered), tuple(spellings[text] for text in ordered))


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()


def fit_intent(
    children: Mapping[str, tuple[str, ...]],
    examples: Mapping[str, Sequence[str]],
    thresholds: Mapping[str, float],
    cache: Cache | None = None,
) -> IntentModel:
    """Fit a model of labels to their example texts.

    ``children["root"]`` are the root's children, ``children[parent]`` a parent's; ``examples`` has leaves,
    `other` and `<parent>.other`, and what no parent reaches is left out. With a cache only the root and the
    parents that reach a changed leaf are fitted again, to the same result.

    Raises:
        ValueError: the intents go in a circle.
    """
    graph = IntentGraph(children)
    store = NoCache() if cache is None else cache
    corpus = _gather(graph, examples, store)
    fits = {parent: _fit_parent(graph, parent, corpus, store) for parent in graph.parents}
    profiles = count_profiles(corpus.features, corpus.labels, len(graph.labels))
    return IntentModel(graph, {parent: fit for parent, fit in fits.items() if fit}, profiles, thresholds)


def _fit_parent(graph: IntentGraph, parent: str, corpus: _Corpus, cache: Cache) -> Linear | None:
    """A parent's choice among its classes that have examples; None without any."""
    under = {one: sorted(graph.labels_under(one)) for one in graph.classes(parent)}
    if parent != ROOT:
        under[OUTSIDE] = [OTHER]
    classes = tuple(one for one in under if any(corpus.texts[label] for label in under[one]))
    if not set(classes) - {OUTSIDE}:
        return None
    content = [[one, [[label, corpus.digests[label]] for label in under[one]]] for one in classes]
    key = _digest([INTENT_VERSION, content])
    saved = _read_fit(cache.load("intent-node", key))
    if saved is None:
        saved = _fit_classes(graph, classes, corpus)
        cache.save("intent-node", key, saved.to_bytes())
    return saved


def _read_fit(data: bytes | None) -> Linear | None:
    try:
        return None if data is None else Linear.from_bytes(data)
    except (ValueError, KeyError):  # a damaged cache entry counts as absent
        return None


def _fit_classes(graph: IntentGraph, classes: tuple[str, ...], corpus: _Corpus) -> Linear:
    under = [graph.labels_under(OTHER if one == OUTSIDE else one) for one in classes]
    reached = np.array([[label in labels for labels in under] for label in graph.labels])
    rows = np.flatnonzero(np.isin(corpus.labels, np.flatnonzero(reached.any(axis=1))))
    return fit_linear(classes, corpus.features.take(rows), reached[corpus.labels[rows]])


@dataclass(frozen=True, slots=True)
class Tried:
    """A text that a model of the other folds answered, and its true label."""

    label: str
    answer: IntentAnswer


def choose_thresholds(
    children: Mapping[str, tuple[str, ...]], examples: Mapping[str, Sequence[str]], folds: int = FOLDS
) -> dict[str, float]:
    """The root's threshold, and that of each parent with at least 20 `other` examples of its own.

    Chosen by cross-validation within the examples. Where a level has `other` examples, the cut
    at which the worse off of two groups fares best: in-scope texts, by the share answered rightly, and
    out-of-scope texts, by the share held back. Fewer than 20 at the root show little of what to refuse: that
    cut, as far as it costs one in twenty of the right answers. Without any, it may cost one in a hundred.
    """
    graph = IntentGraph(children)
    tried = list(try_folds(children, examples, folds))
    found = {}
    for level in graph.parents:
        under = [one for one in tried if one.label in graph.labels_under(level)]
        if len(set(examples.get(other_of(level), ()))) >= FEWEST:
            found[level] = balanced_cut(under, other_of(level))
        elif level == ROOT:
            found[level] = cautious_cut(under, OTHER)
    return found


def balanced_cut(tried: Sequence[Tried], other: str) -> float:
    """The cut that serves the worse off of in-scope and out-of-scope texts best; 0 without both."""
    inside = [one for one in tried if not is_other(one.label)]
    outside = [one for one in tried if one.label == other]
    if not inside or not outside:
        return 0.0
    right, wrong = _right_scores(inside), np.sort([_passing_score(one) for one in outside])
    cuts = np.unique(np.round(np.concatenate(([0.0], right, wrong.clip(0))), 2))
    kept = (len(right) - np.searchsorted(right, cuts)) / len(inside)
    held = np.searchsorted(wrong, cuts) / len(outside)
    return float(cuts[np.argmax(np.minimum(kept, held))])


def cheap_cut(tried: Sequence[Tried], cost: float = 0.01) -> float:
    """The highest cut, to two digits, that loses at most that share of the right answers."""
    right = _right_scores([one for one in tried if not is_other(one.label)])
    return float(np.floor(100 * right[int(cost * len(right))]) / 100) if len(right) else 0.0


def cautious_cut(tried: Sequence[Tried], other: str) -> float:
    """The balanced cut, as far as a few texts out of scope may cost right answers: one of them may be odd."""
    return max(cheap_cut(tried), min(balanced_cut(tried, other), cheap_cut(tried, FOR_A_FEW)))


def _right_scores(inside: Sequence[Tried]) -> NDArray[np.float64]:
    return np.sort([one.answer.score for one in inside if one.answer.raw_leaf == one.label])


def _passing_score(one: Tried) -> float:
    """The score to stay below; `other` as the raw leaf is held back at any cut."""
    return -1.0 if is_other(one.answer.raw_leaf) else one.answer.score


def try_folds(
    children: Mapping[str, tuple[str, ...]], examples: Mapping[str, Sequence[str]], folds: int = FOLDS
) -> Iterator[Tried]:
    """Each example answered by a model that did not see it; the fold is the digest of its normal form."""
    parts = {
        (label, text): _fold(normalise(text), folds)
        for label, texts in examples.items()
        for text in dict.fromkeys(texts)
    }
    for fold in range(folds):
        seen: dict[str, list[str]] = {label: [] for label in examples}
        for (label, text), part in parts.items():
            if part != fold:
                seen[label].append(text)
        asked = sorted(one for one, part in parts.items() if part == fold)
        answers = fit_intent(children, seen, {}).classify([text for _, text in asked])
        for (label, _), answer in zip(asked, answers, strict=True):
            yield Tried(label, answer)


def _fold(content: str, folds: int) -> int:
    return int(_digest(content)[:8], 16) % folds
