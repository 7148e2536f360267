"""Two changes at once, where no single one leads to what staff spelt out.

Only a whole answer can show that two steps were wrong together: a corrected reply, or an `expected` with a
leaf or a reply. Then leaves are forced together with records and values. Each part of a pair that gives the
answer is a reading by itself: mended first, the other is the next rejection's, and both are told.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from fixloop.feedback.model import Feedback
from fixloop.pipeline.compile import Pipeline
from fixloop.pipeline.fixture import Fixture, Forced
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.bench.wanted import satisfied_share
from fixloop.propose.readings.interventions import Intervention, Outcome

MOST_LEAVES, MOST_BELOW = 12, 8
"""How many leaves are tried with how many records and values: the likeliest of each."""


def is_met(one: Feedback, proposal: Proposal) -> bool:
    """Whether a proposal is all that staff spelt out, where they spelt anything out."""
    if one.reply:
        return proposal.reply.text == one.reply
    return bool(one.expected) and satisfied_share(one.expected or {}, proposal) == 1.0


def parts_of_pairs(pipeline: Pipeline, one: Feedback, outcomes: Sequence[Outcome]) -> frozenset[int]:
    """Places of the outcomes that give the answer together with another, where none does alone."""
    if not _is_whole(one) or any(is_met(one, outcome.after) for outcome in outcomes):
        return frozenset()
    leaves = _likeliest(outcomes, ("intent",), MOST_LEAVES)
    below = _likeliest(outcomes, ("fetch", "extraction"), MOST_BELOW)
    tried = list(product(leaves, below))
    replays = [_both(one.fixture, outcomes[a].intervention, outcomes[b].intervention) for a, b in tried]
    proposals = pipeline.replay_many(replays)
    met = [pair for pair, proposal in zip(tried, proposals, strict=True) if is_met(one, proposal)]
    return frozenset(place for pair in met for place in pair)


def _is_whole(one: Feedback) -> bool:
    return bool(one.reply) or bool({"leaf", "reply"} & (one.expected or {}).keys())


def _likeliest(outcomes: Sequence[Outcome], steps: tuple[str, ...], most: int) -> list[int]:
    """Places of forced outcomes of some steps, by their share of the step."""
    found = [
        n
        for n, o in enumerate(outcomes)
        if o.intervention.step in steps and o.intervention.forced is not None
    ]
    return sorted(found, key=lambda n: (-outcomes[n].intervention.share, n))[:most]


def _both(fixture: Fixture, leaf: Intervention, below: Intervention) -> tuple[Fixture, Forced]:
    assert leaf.forced is not None
    assert below.forced is not None
    return below.fixture or fixture, replace(below.forced, leaf=leaf.forced.leaf)
