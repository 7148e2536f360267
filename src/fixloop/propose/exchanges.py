"""Two leaves whose rejected tickets each should have had the other's answer: their examples are mixed.

What is said of one such ticket speaks for any other leaf, or for another branch of the one that it got; only
both sides together, and the examples themselves, tell what happened. One fault is likelier than two.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from fixloop.hints.model import Hint
from fixloop.propose.attempt import Desk, try_draft
from fixloop.propose.diagnose import Diagnosis
from fixloop.propose.draft import Group
from fixloop.propose.synthesis.intent import exchange
from fixloop.workspace.model import is_other

MOST_PAIRS = 4
"""Pairs of leaves that are looked at: those with the most rejections."""

FEWEST_TEXTS = 3
"""Distinct texts that the exchange has to mend."""

ENOUGH = 0.75
"""The share of both leaves' rejections that it has to mend."""

SURE = 0.85
"""How probable it is that examples which lie in each other's leaf, and whose return mends both leaves'
rejections and harms none that is right, are what was wrong."""


def exchanges(desk: Desk, open_ones: Sequence[Diagnosis]) -> list[Hint]:
    """A fix for each two leaves whose examples lie in each other's files, where that mends both sides."""
    found: list[Hint] = []
    for one, other in _pairs(open_ones):
        mended = {key for hint in found for key in hint.evidence}
        here = [m for m in _who_may_mean(other, one, open_ones) if m.feedback.id not in mended]
        there = [m for m in _who_may_mean(one, other, open_ones) if m.feedback.id not in mended]
        if here and there and len(_texts([*here, *there])) >= FEWEST_TEXTS:
            found += _tried(desk, (one, here), (other, there))
    return found


def _pairs(open_ones: Sequence[Diagnosis]) -> Iterator[tuple[str, str]]:
    """Pairs of leaves that rejected tickets came out as, those with most of them first."""
    answered = Counter(str(one.before.leaf) for one in open_ones if not is_other(one.before.leaf))
    pairs = combinations(sorted(answered), 2)
    ranked = sorted(pairs, key=lambda pair: (-min(answered[one] for one in pair), pair))
    yield from ranked[:MOST_PAIRS]


def _who_may_mean(leaf: str, instead_of: str, open_ones: Sequence[Diagnosis]) -> list[Diagnosis]:
    """Who was answered as one leaf and may mean another: says nothing, or something that could be it."""
    return [
        one
        for one in open_ones
        if one.before.leaf == instead_of
        and not one.disputed
        and (one.wordless or any(r.intervention.wanted.leaf == leaf for r in one.readings))
    ]


def _tried(
    desk: Desk, one: tuple[str, Sequence[Diagnosis]], other: tuple[str, Sequence[Diagnosis]]
) -> list[Hint]:
    """The exchange, if it mends nearly all of both sides."""
    (a, here), (b, there) = one, other
    group = Group(("intent", "exchange", a, b), (*here, *there))
    draft = exchange(desk.bench, group, a, b)
    found = try_draft(desk, group, draft) if draft else None
    if not isinstance(found, Hint):
        return []
    mended = [m for m in group.members if m.feedback.id in found.evidence]
    both = {m.before.leaf for m in mended} == {a, b}
    if not both or len(_texts(mended)) < FEWEST_TEXTS or len(mended) < ENOUGH * len(group.members):
        return []
    return [replace(found, confidence=SURE)]


def _texts(members: Sequence[Diagnosis]) -> set[str]:
    return {one.feedback.text_digest for one in members}
