"""What a change does to stored tickets: whose proposal moves, at which step, and how the leaves shift."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from fixloop.feedback.model import Feedback
from fixloop.feedback.replays import distinct_tickets, place_of, replay_all
from fixloop.pipeline.compile import Pipeline
from fixloop.pipeline.proposal import Proposal
from fixloop.pipeline.ticket import parse_ticket

STEPS = ("intent", "extraction", "fetch", "plan", "template")
"""Where a proposal can first come out otherwise, in order."""


@dataclass(frozen=True, slots=True)
class Move:
    """One stored ticket whose proposal is another now; places are `<leaf>/<branch>`."""

    id: str
    text: str
    step: str
    source: str
    target: str

    def to_json(self) -> dict[str, str]:
        """As in `diff --json`; the text is the redacted one of the record."""
        return {
            "id": self.id,
            "step": self.step,
            "from": self.source,
            "to": self.target,
            "text": self.text,
        }


class Share(NamedTuple):
    """One leaf's stored tickets before and after, and how many left it and came to it."""

    leaf: str
    before: int
    after: int
    left: int
    came: int


@dataclass(frozen=True, slots=True)
class Shift:
    """All moves among `tickets` stored tickets, by id, and what each leaf holds before and after."""

    tickets: int
    moves: tuple[Move, ...] = ()
    before: Mapping[str, int] | None = None
    after: Mapping[str, int] | None = None

    @property
    def shares(self) -> tuple[Share, ...]:
        """Every leaf that holds a ticket on either side, those that changed most first."""
        before, after = self.before or {}, self.after or {}
        left = Counter(_leaf(move.source) for move in self.moves if _leaf(move.source) != _leaf(move.target))
        came = Counter(_leaf(move.target) for move in self.moves if _leaf(move.source) != _leaf(move.target))
        found = [
            Share(leaf, before.get(leaf, 0), after.get(leaf, 0), left[leaf], came[leaf])
            for leaf in before.keys() | after.keys()
        ]
        return tuple(sorted(found, key=lambda one: (-(one.left + one.came), -one.after, one.leaf)))

    @property
    def divergence(self) -> float:
        """How far apart the two leaf distributions are, in bits: 0 the same, 1 nothing in common."""
        return jensen_shannon(self.before or {}, self.after or {})

    @property
    def steps(self) -> Mapping[str, int]:
        """How many proposals first moved at each step; only steps where one did."""
        counts = Counter(move.step for move in self.moves)
        return {step: counts[step] for step in STEPS if counts[step]}

    def to_json(self) -> dict[str, Any]:
        """As in `diff --json`."""
        return {
            "tickets": self.tickets,
            "moved": len(self.moves),
            "steps": dict(self.steps),
            "divergence": {"jensen_shannon": self.divergence, "base": 2},
            "leaves": {
                one.leaf: {"before": one.before, "after": one.after, "left": one.left, "came": one.came}
                for one in sorted(self.shares)
            },
            "moves": [move.to_json() for move in self.moves],
        }


def compare_pipelines(before: Pipeline, after: Pipeline, feedback: Sequence[Feedback]) -> Shift:
    """Replay every distinct stored ticket on both sides; a move is what `drift` counts as one."""
    stored = distinct_tickets(feedback)
    old, new = replay_all(before, stored), replay_all(after, stored)
    moves = [
        _move(one, old[one.id], new[one.id]) for one in stored if old[one.id].outcome != new[one.id].outcome
    ]
    return Shift(
        len(stored),
        tuple(sorted(moves, key=lambda move: (STEPS.index(move.step), move.source, move.target, move.id))),
        _leaves(old),
        _leaves(new),
    )


def jensen_shannon(before: Mapping[str, int], after: Mapping[str, int]) -> float:
    """The Jensen-Shannon divergence of two distributions given as counts, base 2, 6 digits.

    The mean of both Kullback-Leibler divergences to the middle (Lin, IEEE Trans. Inf. Theory 37, 1991);
    0 where either side counts nothing: nothing can be said then.
    """
    totals = sum(before.values()), sum(after.values())
    if not all(totals):
        return 0.0
    gaps = []
    for key in sorted(before.keys() | after.keys()):
        p, q = before.get(key, 0) / totals[0], after.get(key, 0) / totals[1]
        middle = (p + q) / 2
        gaps += [part * math.log2(part / middle) / 2 for part in (p, q) if part]
    return round(min(1.0, max(0.0, math.fsum(gaps))), 6)


def first_step(before: Proposal, after: Proposal) -> str:
    """The first step whose answer differs between two proposals of one ticket."""
    if before.leaf != after.leaf:
        return "intent"
    if before.fields != after.fields:
        return "extraction"
    if before.outcome.records != after.outcome.records:
        return "fetch"
    old, new = before.outcome, after.outcome
    same_plan = (old.branch, old.template, old.tools) == (new.branch, new.template, new.tools)
    return "template" if same_plan else "plan"


def _move(one: Feedback, before: Proposal, after: Proposal) -> Move:
    text = parse_ticket(dict(one.ticket)).customer_text
    return Move(one.id, text, first_step(before, after), place_of(before), place_of(after))


def _leaves(proposals: Mapping[str, Proposal]) -> dict[str, int]:
    return dict(sorted(Counter(proposal.leaf for proposal in proposals.values()).items()))


def _leaf(place: str) -> str:
    return place.split("/", 1)[0]
