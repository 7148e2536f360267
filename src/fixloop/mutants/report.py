"""How far a judge can be trusted: which injected faults its cases caught, leaf by leaf and step by step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from fixloop.mutants.mutant import Mutant
from fixloop.mutants.operators import STEPS

JsonCase = Mapping[str, Any]
"""One eval case as it will be written, with its `suite`."""


class Killer(NamedTuple):
    """A case that would catch a surviving fault: it passes today and fails with the fault in place.

    `origin` says what it was made of: a stored ticket, another case, or inputs made up from the conditions.
    """

    case: JsonCase
    origin: str


class Outcome(NamedTuple):
    """What became of one fault.

    `killed_by` names the first case that caught it, or is empty. `seen_by` names the first case or stored
    ticket whose rendered result it changes, asserted or not; empty on both sides is "no visible difference".
    """

    mutant: Mutant
    killed_by: str = ""
    seen_by: str = ""
    killer: Killer | None = None

    @property
    def killed(self) -> bool:
        """Whether a case caught it."""
        return bool(self.killed_by)

    @property
    def unseen(self) -> bool:
        """Whether it changes no stored ticket's proposal and no case's result: it is set aside."""
        return not self.killed_by and not self.seen_by

    @property
    def survived(self) -> bool:
        """Whether it changes something that somebody could see, and no case says so."""
        return bool(self.seen_by) and not self.killed_by

    def to_json(self) -> dict[str, Any]:
        """An entry of `survivors` in `guard --json`."""
        killer = self.killer
        return {
            **self.mutant.to_json(),
            "status": "killed" if self.killed else "survived" if self.survived else "no visible difference",
            "seen_by": self.seen_by or None,
            "case": dict(killer.case) if killer else None,
            "case_from": killer.origin if killer else None,
        }


@dataclass(frozen=True, slots=True)
class Score:
    """Faults counted: all, those caught, those without a visible difference; and the cases that looked."""

    mutants: int = 0
    killed: int = 0
    unseen: int = 0
    cases: int = 0

    @property
    def raw(self) -> float | None:
        """The share of all faults that were caught; None where there is none."""
        return self.killed / self.mutants if self.mutants else None

    @property
    def effective(self) -> float | None:
        """The share of the faults with a visible difference that were caught.

        0 where faults were injected and no case looked; None where nothing could be seen by any.
        """
        seen = self.mutants - self.unseen
        if seen:
            return self.killed / seen
        return 0.0 if self.mutants and not self.cases else None

    def meets(self, least: float) -> bool:
        """Whether the effective score is there and is enough."""
        return self.effective is not None and self.effective >= least

    def to_json(self) -> dict[str, Any]:
        """As in `guard --json`; shares have six digits."""
        raw, effective = self.raw, self.effective
        return {
            "mutants": self.mutants,
            "killed": self.killed,
            "no_visible_difference": self.unseen,
            "cases": self.cases,
            "raw": None if raw is None else round(raw, 6),
            "effective": None if effective is None else round(effective, 6),
        }


def score_of(outcomes: Iterable[Outcome], cases: int = 0) -> Score:
    """The score of some faults."""
    found = tuple(outcomes)
    return Score(len(found), sum(one.killed for one in found), sum(one.unseen for one in found), cases)


@dataclass(frozen=True, slots=True)
class LeafGuard:
    """One leaf: its score, and the same by step."""

    leaf: str
    score: Score
    steps: Mapping[str, Score] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """An entry of `leaves` in `guard --json`."""
        steps = {step: score.to_json() for step, score in self.steps.items()}
        return {"leaf": self.leaf, **self.score.to_json(), "steps": steps}


@dataclass(frozen=True)
class GuardReport:
    """Guard strength of a workspace: every fault's outcome, in the order faults are found.

    `watching` is how many passing cases look at each leaf, `looking` how many at each step.
    """

    outcomes: tuple[Outcome, ...]
    watching: Mapping[str, int] = field(default_factory=dict)
    looking: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def leaves(self) -> tuple[LeafGuard, ...]:
        """Every leaf that faults were injected into, the weakest first, then by name."""
        by_leaf: dict[str, list[Outcome]] = {}
        for one in self.outcomes:
            if one.mutant.leaf:
                by_leaf.setdefault(one.mutant.leaf, []).append(one)
        guards = [self._leaf(leaf, found) for leaf, found in by_leaf.items()]
        return tuple(sorted(guards, key=_weakest_first))

    def _leaf(self, leaf: str, outcomes: list[Outcome]) -> LeafGuard:
        cases = self.watching.get(leaf, 0)
        steps = {
            step: score_of((one for one in outcomes if one.mutant.step == step), cases)
            for step in STEPS
            if any(one.mutant.step == step for one in outcomes)
        }
        return LeafGuard(leaf, score_of(outcomes, cases), steps)

    @cached_property
    def steps(self) -> Mapping[str, Score]:
        """The score of each step that faults were injected into."""
        return {
            step: score_of(found, self.looking.get(step, 0))
            for step in STEPS
            if (found := [one for one in self.outcomes if one.mutant.step == step])
        }

    @cached_property
    def total(self) -> Score:
        """All faults together."""
        return score_of(self.outcomes, max(self.looking.values(), default=0))

    @property
    def survivors(self) -> tuple[Outcome, ...]:
        """Faults somebody could see and no case catches."""
        return tuple(one for one in self.outcomes if one.survived)

    @property
    def set_aside(self) -> tuple[Outcome, ...]:
        """Faults with no visible difference on any stored ticket or case."""
        return tuple(one for one in self.outcomes if one.unseen)

    def to_json(self) -> dict[str, Any]:
        """`guard --json`."""
        return {
            "total": self.total.to_json(),
            "steps": {step: score.to_json() for step, score in self.steps.items()},
            "leaves": [leaf.to_json() for leaf in self.leaves],
            "survivors": [one.to_json() for one in self.survivors],
            "no_visible_difference": [one.to_json() for one in self.set_aside],
        }


def _weakest_first(guard: LeafGuard) -> tuple[float, float, str]:
    effective, raw = guard.score.effective, guard.score.raw
    return (2.0 if effective is None else effective, 2.0 if raw is None else raw, guard.leaf)
