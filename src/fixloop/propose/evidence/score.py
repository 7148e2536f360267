"""What features add up to, and of which kind of evidence each is."""

from collections.abc import Mapping
from functools import lru_cache

from fixloop.propose.evidence.weights import WEIGHTS

Features = dict[str, float]


def score(features: Mapping[str, float], weights: Mapping[str, float] = WEIGHTS) -> float:
    """The log-odds that features add up to."""
    return sum([weights.get(name, 0.0) * value for name, value in features.items()])


def spoken_for(features: Mapping[str, float], weights: Mapping[str, float] = WEIGHTS) -> float:
    """What the words of comment and note add to a reading, as words for something that is here."""
    return sum([weights.get(name, 0.0) * value for name, value in features.items() if _is_spoken(name)])


@lru_cache(maxsize=1_000)
def _is_spoken(name: str) -> bool:
    if name in UNSPOKEN:
        return False
    return _KINDS.get(name.partition(".")[0]) == "comment" or name.endswith((".like", ".named"))


STRANGE = ("words.new", "words.unknown")
"""Features of words that nothing here is called by: they name new things, and grumbling is made of them."""

UNSPOKEN = (*STRANGE, "words.kept", "words.not_sent")
"""Features that say of a comment what it does not hold: whatever is said leaves much unsaid."""


def by_kind(features: Mapping[str, float], weights: Mapping[str, float] = WEIGHTS) -> dict[str, float]:
    """What each kind of evidence adds, rounded, strongest first: for people."""
    found: dict[str, float] = {}
    for name, value in features.items():
        kind = _KINDS.get(name.partition(".")[0], "ticket")
        found[kind] = found.get(kind, 0.0) + weights.get(name, 0.0) * value
    ranked = sorted(found.items(), key=lambda item: (-abs(item[1]), item[0]))
    return {kind: round(total, 2) for kind, total in ranked if abs(total) >= 0.005}


_KINDS = {
    "words": "comment",
    "cue": "comment",
    "value": "comment",
    "field": "comment",
    "leaf": "comment",
    "record": "comment",
    "quote": "comment",
    "text": "other templates",
    "unrendered": "what could not be carried out",
    "reply": "corrected reply",
    "expected": "expected",
    "pair": "together with another change",
    "reason": "reason code",
    "company": "other rejections",
    "trouble": "accepted and rejected tickets",
    "lonely": "accepted and rejected tickets",
    "fits": "accepted and rejected tickets",
    "unseen": "accepted and rejected tickets",
    "kin": "what other trees do",
    "tree": "edits of the tree, tried",
    "disputed": "accepted and rejected tickets",
    "share": "how many such readings there are",
}
