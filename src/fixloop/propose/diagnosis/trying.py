"""The set is explained, not the ticket: which one change would answer all that was rejected together.

One fault is likelier than many, so rejections that nobody explained are gathered into as few sets as do (a
greedy cover; Chvátal, 1979), each with a place in common that is likely for all of its members. What could be
changed there is weighed for the set as a whole: an edit of a plan tree leads each of its tickets to an
answer, and is as likely as edits like it are, times what speaks for those answers beyond that (`tries`);
other changes ask the same of all.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log, sqrt
from typing import Any

from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.clusters import clusters
from fixloop.propose.diagnosis.diagnose import UNLIKELY, Diagnosis, Reading, mass_of
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.evidence.tries import Outcomes, Tried, tree_tries
from fixloop.propose.readings.actions import Action
from fixloop.propose.readings.interventions import NEW_LEAF, Intervention

RIVAL = 0.15
"""How likely a place must be for a rejection, against the likeliest, for it to be in a set about it."""

RIVAL_OF_TOLD = 0.6
"""The same for a rejection that says something: what it speaks of is not joined to what it hardly means."""

UNSEEN = 0.05
"""What at least speaks for an answer, against what speaks for one that any edit may lead to."""

UNMOVED = 0.02
"""The same for a rejection of a set that has nothing to do with what the others are about."""

DOUBT, FLAT = 0.15, 3.0
"""How often the evidence is misread as a whole, and how much flatter what is believed is then."""

MOST_OF_A_SORT = 2
"""Hypotheses of one plan tree with another reply, and as many with other calls alone. What leads to the same
answers is one, and the smallest edit stands for it."""

NEW_THINGS = NEW_LEAF.place
"""The place of every leaf there is not yet."""

MOST_OF_ONE_THING = 8
"""So many that ask for something new may be one thing in words that differ; of more some would be alike."""

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One change that would explain a set: what it does, and the group of those who would ask for it."""

    reading: Reading
    group: Group


# --- which rejections are one set -------------------------------------------------------------------------


def sets_of(diagnoses: Sequence[Diagnosis]) -> list[tuple[Diagnosis, ...]]:
    """The diagnoses in sets that one place could explain, largest first; each is in one of them."""
    places = [_places(one) for one in diagnoses]
    left = list(range(len(diagnoses)))
    found: list[tuple[Diagnosis, ...]] = []
    while left:
        gains: dict[Key, float] = defaultdict(float)
        for n in left:
            for place, share in places[n].items():
                if _may_explain(diagnoses[n], places[n], share):
                    gains[place] += log(share / UNLIKELY)
        if not gains:
            found += [(diagnoses[n],) for n in left]
            break
        best = min(gains, key=lambda place: (-round(gains[place], 6), repr(place)))
        members = [n for n in left if _may_explain(diagnoses[n], places[n], places[n].get(best, 0.0))]
        sets = _as_one_thing([diagnoses[n] for n in members], best)
        settled = {one.feedback.id for some in sets for one in some}
        found += sets
        left = [n for n in left if diagnoses[n].feedback.id not in settled]
        for n in members:  # whoever is in none of the sets is not asking for this
            places[n].pop(best, None)
    return sorted(found, key=lambda some: (-len(some), some[0].feedback.id))


def _as_one_thing(members: Sequence[Diagnosis], place: Key) -> list[tuple[Diagnosis, ...]]:
    """The set; where many ask for something new, what is alike among them.

    New things have a place in common because they have none yet.
    """
    if place == NEW_THINGS and len(members) > MOST_OF_ONE_THING:
        return clusters(members)
    return [tuple(members)]


def _may_explain(one: Diagnosis, places: Mapping[Key, float], share: float) -> bool:
    rival = RIVAL if one.wordless else RIVAL_OF_TOLD
    return share > UNLIKELY and share >= rival * max(places.values())


def _places(one: Diagnosis) -> dict[Key, float]:
    """The probability of each place where something could be wrong."""
    found: dict[Key, float] = defaultdict(float)
    for reading in one.readings:
        if reading.intervention.step != "none":
            found[reading.intervention.place] += reading.probability
    return dict(found)


# --- what would explain a set -----------------------------------------------------------------------------


def hypotheses(bench: Workbench, members: Sequence[Diagnosis]) -> list[Hypothesis]:
    """What would explain the members together, likeliest first; "nothing is wrong" is among them."""
    pooled, asking = _weighed(members, pooled_readings(members)), _asking(members)
    trees: dict[Key, list[Reading]] = defaultdict(list)
    found: list[Hypothesis] = []
    for reading in pooled:
        if reading.intervention.step == "plan":
            trees[reading.intervention.place].append(reading)
        else:
            found.append(Hypothesis(reading, Group(reading.key, tuple(asking[reading.key]))))
    for place, readings in trees.items():
        own = [one for one in members if any(r.intervention.place == place for r in one.readings)]
        joint = _of_tree(bench, place, own, sum(one.probability for one in readings))
        found += joint or [Hypothesis(one, Group(one.key, tuple(asking[one.key]))) for one in readings]
    return _doubted(found)


def _weighed(members: Sequence[Diagnosis], pooled: Sequence[Reading]) -> list[Reading]:
    """The readings, "nothing is wrong" as the set says it: one fault is shared, each is mistaken by himself.

    Not where it is something new: that is no place which they share.
    """
    first = next((one for one in pooled if one.intervention.step != "none"), None)
    if first is None or first.intervention.place == NEW_THINGS:
        return list(pooled)
    return [
        replace(one, probability=_all_mistaken(members)) if one.intervention.step == "none" else one
        for one in pooled
    ]


def _all_mistaken(members: Sequence[Diagnosis]) -> float:
    """How likely nothing is wrong for any: of n about √n are mistaken freely, as in `_likelihood`."""
    told = [max(UNMOVED, mass_of("none", [one])) for one in members]
    return round(exp(sum(map(log, told)) / sqrt(len(told))), 6)


def _doubted(found: Sequence[Hypothesis]) -> list[Hypothesis]:
    """With some doubt in the evidence itself: what is all but certain can be wrong, too."""
    shares = [one.reading.probability for one in found]
    whole = sum(shares) or 1.0
    flat = [share ** (1 / FLAT) for share in shares]
    rest = sum(flat) or 1.0
    sure = [(1 - DOUBT) * a / whole + DOUBT * b / rest for a, b in zip(shares, flat, strict=True)]
    doubted = [
        replace(one, reading=replace(one.reading, probability=round(share, 6)))
        for one, share in zip(found, sure, strict=True)
    ]
    return sorted(doubted, key=lambda one: (-one.reading.probability, repr(one.reading.key)))


def pooled_readings(members: Sequence[Diagnosis]) -> list[Reading]:
    """Readings with their mean probability over some rejections, likeliest first."""
    mass: dict[Key, float] = {}
    known: dict[Key, Intervention] = {}
    for member in members:
        for reading in member.readings:
            mass[reading.key] = mass.get(reading.key, 0.0) + reading.probability / len(members)
            known.setdefault(reading.key, reading.intervention)
    ranked = sorted(mass, key=lambda key: (-round(mass[key], 6), repr(key)))
    return [Reading(known[key], round(mass[key], 6)) for key in ranked]


def _asking(members: Sequence[Diagnosis]) -> dict[Key, list[Diagnosis]]:
    """The rejections that may ask for each change."""
    found: dict[Key, list[Diagnosis]] = defaultdict(list)
    for member in members:
        for key in {reading.key for reading in member.readings}:
            found[key].append(member)
    return found


# --- a plan tree ------------------------------------------------------------------------------------------


def _of_tree(bench: Workbench, place: Key, members: Sequence[Diagnosis], mass: float) -> list[Hypothesis]:
    """What edits of a tree make of its rejections, each as likely as the answers they would get."""
    tree = next((t for t in bench.workspace.plan_trees.values() if t.path == place[1]), None)
    own = [one for one in members if tree is not None and one.before.leaf == tree.leaf]
    if tree is None or not own:
        return []
    tries = tree_tries(bench, tree, [one.feedback for one in own])
    asked = [_asked(one, place, tries.tried.get(one.feedback.id)) for one in own]
    here = [r.intervention for one in own for r in one.readings if r.intervention.place == place]
    wished = {one.action: one.share for one in here if one.action}
    outcomes = tries.outcomes([one.feedback for one in own], wished)
    found = [(_likelihood(one, asked), one) for one in outcomes]
    total = sum(weight for weight, _ in found)
    if not total:
        return []
    found.sort(key=lambda item: (-item[0], repr(item[1].key)))
    sorts: Counter[bool] = Counter()
    kept = []
    for weight, one in found:
        sort = all(action.reply == own[n].before.reply.template for n, action in one.answers.items())
        sorts[sort] += 1
        if sorts[sort] <= MOST_OF_A_SORT:
            kept.append(_hypothesis(place, own, one, round(mass * weight / total, 6)))
    return kept


Asked = list[tuple[Action, float]]


def _asked(one: Diagnosis, place: Key, tried: Tried | None) -> Asked:
    """The actions a rejection may ask for at a place, by how much more than the tree's edits lead to them."""
    own = [r for r in one.readings if r.intervention.place == place and r.intervention.action]
    mass = sum(r.probability for r in own) or 1.0
    found = []
    for reading in own:
        action, share = reading.intervention.action, reading.intervention.share
        if action is not None:
            before = tried.share(action.deed, share) if tried else share
            found.append((action, reading.probability / mass / before))
    return found


def _likelihood(outcomes: Outcomes, asked: Sequence[Asked]) -> float:
    """How likely edits are that lead to some answers, by themselves and by what speaks for those answers.

    What makes an answer likely for one ticket makes it so for the next: of n tickets about √n speak freely.
    """
    told = 0.0
    for n, some in enumerate(asked):
        action = outcomes.answers.get(n)
        told += log(UNMOVED if action is None else max(UNSEEN, _told_for(action, some)))
    return outcomes.weight * exp(told / sqrt(len(asked)))


def _told_for(action: Action, asked: Asked) -> float:
    """What speaks for an action; where only its arguments differ from what was asked for, all the same."""
    exact = [told for one, told in asked if one == action]
    return max(exact or [told for one, told in asked if one.deed == action.deed], default=0.0)


def _hypothesis(place: Key, members: Sequence[Diagnosis], one: Outcomes, probability: float) -> Hypothesis:
    """The members whose answer it changes, each with the reading that it leads to as its first there."""
    moved = [_led_to(members[n], place, action, probability) for n, action in sorted(one.answers.items())]
    first = next(r for r in moved[0].readings if r.intervention.place == place)
    return Hypothesis(replace(first, probability=probability), Group(place, tuple(moved)))


def _led_to(one: Diagnosis, place: Key, action: Action, probability: float) -> Diagnosis:
    here = [r for r in one.readings if r.intervention.place == place]
    same = [r for r in here if r.intervention.action == action]
    reading = same[0] if same else _as_reading(here[0], action)
    others = tuple(r for r in one.readings if r.intervention.place != place)
    return replace(one, readings=(replace(reading, probability=probability), *others))


def _as_reading(like: Reading, action: Action) -> Reading:
    """A reading of the same place with another action."""
    asked = like.intervention
    forced = asked.forced and replace(asked.forced, reply=action.reply, tools=action.tools)
    wanted = replace(asked.wanted, reply=action.reply, tools=action.tool_names)
    return Reading(replace(asked, wanted=wanted, forced=forced, action=action), like.probability)
