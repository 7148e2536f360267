"""Held back, or not understood: when the threshold of a level is what is wrong.

An intent that was held back by a threshold is told from one not understood by its company: where leaves that
have nothing to do with each other are held back at one level, the level's threshold is the cause. Unless what
is rightly held back there scores as high: then no threshold tells the two apart, and the leaf lacks examples.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis, Reading
from fixloop.propose.readings.interventions import Intervention
from fixloop.workspace.model import is_other, other_of

HELD_BACK = "set_threshold"

SURELY_HELD = 0.3
"""The trust in a leaf that was held back, from which the threshold is the likelier cause even alone."""

LIKELY = 0.3
"""The probability of a leaf from which it is one of those that a level holds back."""

CROSSING = 0.1
"""The part of what is known to be on one side of a threshold that may score as what is on the other."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What is known of a level: scores of what passes it and should, and of what is rightly held back."""

    inside: tuple[float, ...]
    outside: tuple[float, ...]

    def could_pass(self, score: float) -> bool:
        """Whether hardly anything that should be held back scores as high."""
        return sum(one >= score for one in self.outside) <= CROSSING * len(self.outside)

    def could_stay(self, score: float) -> bool:
        """Whether hardly anything that should pass scores as low."""
        return sum(one <= score for one in self.inside) <= CROSSING * len(self.inside)


def known_scores(bench: Workbench, level: str, but: Set[str] = frozenset()) -> Scores:
    """Scores of accepted tickets and of passing cases at a level, without some texts (their digests)."""
    inside: list[float] = []
    outside: list[float] = []
    below = bench.workspace.intents.children
    for one in bench.stored:
        if one.outcome == "accepted" and one.text_digest not in but:
            _sort_in(bench.before[one.id], level, below, inside, outside)
    if "case answers" not in bench.kept:
        bench.kept["case answers"] = bench.pipeline.classify([text for text, _ in bench.passing_intents])
    for answer in bench.kept["case answers"]:
        _sort_in(answer, level, below, inside, outside)
    return Scores(tuple(inside), tuple(outside))


def _sort_in(answer: Any, level: str, below: Any, inside: list[float], outside: list[float]) -> None:
    score = answer.scores.get(answer.raw_leaf, 0.0)
    if answer.leaf == other_of(level):
        # Without a raw leaf nothing was held back: no threshold changes that.
        if answer.raw_leaf != answer.leaf:
            outside.append(score)
    elif (level == "root" or level in answer.path) and not is_other(answer.leaf):
        inside.append(score)


def with_thresholds(bench: Workbench, alone: Sequence[Diagnosis]) -> list[Diagnosis]:
    """Readings of a leaf held back become readings of the threshold where that is the likelier cause."""
    levels = {level for one in alone for r in one.readings if (level := held_at(r.intervention))}
    known = {level: known_scores(bench, level.rpartition("thresholds.")[2]) for level in sorted(levels)}
    leaves: dict[str, set[str]] = defaultdict(set)
    for one in alone:
        for reading in one.readings:
            level = _movable(one, reading.intervention, known)
            if level and reading.probability >= LIKELY:
                leaves[level].add(str(reading.intervention.wanted.leaf))
    several = {level for level, found in leaves.items() if len(found) >= 2}
    return [_told_apart(one, several, known) for one in alone]


def held_at(one: Intervention) -> str | None:
    """The target of the threshold that held the wanted leaf back, if one did."""
    first = one.options[0]
    return first.target if one.step == "intent" and first.kind == HELD_BACK else None


def _movable(one: Diagnosis, asked: Intervention, known: Mapping[str, Scores]) -> str | None:
    """The threshold that held the wanted leaf back and could be moved past this ticket."""
    level = held_at(asked)
    if level is None:
        return None
    score = one.before.scores.get(one.before.raw_leaf, 0.0)
    scores = known[level]
    could = scores.could_stay(score) if is_other(str(asked.wanted.leaf)) else scores.could_pass(score)
    return level if could else None


def _told_apart(one: Diagnosis, several: Iterable[str], known: Mapping[str, Scores]) -> Diagnosis:
    trust = one.before.scores.get(one.before.raw_leaf, 0.0)
    changed = []
    for reading in one.readings:
        level = _movable(one, reading.intervention, known)
        if level and (level in several or trust >= SURELY_HELD):
            changed.append(Reading(as_threshold(reading.intervention, level), reading.probability))
        else:
            changed.append(reading)
    return replace(one, readings=tuple(changed))


def as_threshold(one: Intervention, level: str) -> Intervention:
    """The reading that a level's threshold is what held a leaf back."""
    return replace(one, kind=HELD_BACK, target=level)


def each_by_itself(one: Diagnosis) -> Diagnosis:
    """The diagnosis where no threshold is the cause: what the held-back leaf lacks is examples."""
    readings = tuple(replace(r, intervention=_as_examples(r.intervention)) for r in one.readings)
    return replace(one, readings=readings)


def _as_examples(one: Intervention) -> Intervention:
    if one.step != "intent" or one.kind != HELD_BACK:
        return one
    last = one.ways[-1]
    left = tuple(way for way in one.ways if way.kind != HELD_BACK)
    return replace(one, kind=last.kind, target=last.target, ways=left)
