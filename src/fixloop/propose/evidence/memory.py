"""What decisions say of the proposer's priors: suggested, never applied by itself.

Each hint that was decided or landed counts for its step and kind: approved and merged ones for it, rejected
and reverted ones against it, by Laplace's rule of succession (1814), so that a few decisions move little. The
suggestion is the text of a `workspace/improver.yaml` for a person to commit in the judge lane.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fixloop.hints.ledger import Event
from fixloop.hints.model import Hint
from fixloop.propose.evidence.weights import PRIORS
from fixloop.workspace.improver import Improver

GOOD = frozenset({"approved", "merged"})
BAD = frozenset({"rejected", "reverted", "recurred"})
FEWEST = 5
"""Decisions on a kind from which it gets a factor of its own."""

LEAST, MOST = 0.25, 4.0
"""Bounds of a factor: no row of decisions makes a kind of fix unthinkable."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often hints of one step or kind were good and bad."""

    good: int
    bad: int

    @property
    def share(self) -> float:
        """The share that is good, with one imagined of each."""
        return (self.good + 1) / (self.good + self.bad + 2)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Priors and factors that the decisions suggest, with what they rest on."""

    improver: Improver
    steps: Mapping[str, Tally]
    kinds: Mapping[str, Tally]

    @property
    def decisions(self) -> int:
        """How many hints it rests on."""
        return sum(tally.good + tally.bad for tally in self.steps.values())

    def render(self) -> str:
        """The file, with the numbers behind each line as a comment."""
        lines = [
            f"# From {self.decisions} decided hints: good (approved, merged), bad (rejected, reverted).",
            f"version: {self.improver.version}",
            "priors:",
        ]
        lines += [
            f"  {step}: {share:g}{_behind(self.steps, step)}" for step, share in self.improver.priors.items()
        ]
        if self.improver.kinds:
            lines.append("kinds:")
            lines += [
                f"  {kind}: {by:g}{_behind(self.kinds, kind)}" for kind, by in self.improver.kinds.items()
            ]
        if self.improver.margin is not None:
            lines.append(f"margin: {self.improver.margin:g}")
        return "\n".join(lines) + "\n"


def suggest(events: Sequence[Event], hints: Mapping[str, Hint], present: Improver) -> Suggestion:
    """What the ledger suggests, from the present priors on; without a decision, the present ones."""
    outcomes = _outcomes(events)
    steps, kinds = _tally(outcomes, hints, by_kind=False), _tally(outcomes, hints, by_kind=True)
    usual = Tally(sum(t.good for t in steps.values()), sum(t.bad for t in steps.values())).share
    priors = {**PRIORS, **present.priors}
    moved = {s: p * _factor(steps.get("intent" if s == "new_leaf" else s), usual) for s, p in priors.items()}
    total = sum(moved.values())
    scaled = {step: round(share / total, 4) for step, share in moved.items()}
    factors = {
        kind: round(_factor(tally, usual), 2)
        for kind, tally in sorted(kinds.items())
        if tally.good + tally.bad >= FEWEST
    }
    return Suggestion(Improver(present.version + 1, scaled, factors, present.margin), steps, kinds)


def _outcomes(events: Sequence[Event]) -> dict[str, bool]:
    """Hint id to whether it proved good; what happened last counts."""
    found: dict[str, bool] = {}
    for event in events:
        if event.hint and event.event in GOOD | BAD:
            found[event.hint] = event.event in GOOD
    return found


def _tally(outcomes: Mapping[str, bool], hints: Mapping[str, Hint], by_kind: bool) -> dict[str, Tally]:
    good, bad = Counter[str](), Counter[str]()
    for key, was_good in outcomes.items():
        if key in hints:
            name = hints[key].kind if by_kind else hints[key].step
            (good if was_good else bad)[name] += 1
    return {name: Tally(good[name], bad[name]) for name in sorted({*good, *bad})}


def _factor(tally: Tally | None, usual: float) -> float:
    """How much better than usual hints of a sort fared, within bounds."""
    if tally is None:
        return 1.0
    return max(LEAST, min(MOST, tally.share / usual))


def _behind(tallies: Mapping[str, Tally], name: str) -> str:
    tally = tallies.get(name)
    return f"  # {tally.good} good, {tally.bad} bad" if tally else ""
