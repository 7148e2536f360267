"""Rejections in the light of each other: one fault is likelier than many.

Each rejection has its own posterior over readings. Readings that several rejections share are likelier to be
what happened: a mixture of few causes, whose shares are estimated from all rejections together (expectation
and maximisation; Dempster, Laird and Rubin, 1977), with a weight on causes that others are sure of. One edit
of a tree or of a threshold answers tickets that have nothing to do with each other; what teaches a leaf, old
or new, is asked for by those whose tickets are alike, so only they are heard. "Nothing is wrong" gains
nothing so: reviewers err alone.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis, Reading
from fixloop.propose.diagnosis.thresholds import with_thresholds
from fixloop.propose.evidence.company import MOST_AT_ONCE, of_one_thing

SAME_CHANGE, SAME_PLACE = 3.0, 3.0
"""How much likelier each other rejection that is sure of the same change, or place, makes a reading."""

SAME_LEAF, SAME_WISH = 3.0, 6.0
"""The same for what a leaf is to learn, one that is there and a new one: those are heard who likely mean one
thing. Something new has no examples that speak for it, only its company."""

A_FEW = 50
"""Rejections up to which each other one counts in full. Of more it is the share of them that counts: a small
doubt about hundreds (the one text that all leaves answer with, say) would outvote what each of them says.
"""

RATHER = 0.5
"""The probability that two mean one thing from which one is heard for the other: the sum of many small ones
is of many who have nothing to do with it."""

OTHERS_OF_WHO_SPEAKS = 0.3
OTHERS_OF_WHO_EXPECTS = 0.03
"""What others count for somebody who says something himself, or exactly what should have come out, against
somebody who says nothing."""

ROUNDS = 4
_ALONE = frozenset({"none"})
NEW, TEACHES = "add_leaf", ("add_leaf", "add_example")


def share_causes(bench: Workbench, alone: Sequence[Diagnosis]) -> list[Diagnosis]:
    """The diagnoses after hearing each other, their readings by place and then by change, likeliest first."""
    asked = with_thresholds(bench, alone)
    shares = [{reading.key: reading.probability for reading in one.readings} for one in asked]
    places = [{reading.key: reading.intervention.place for reading in one.readings} for one in asked]
    start = [dict(one) for one in shares]
    taught = sorted({r.key for one in asked for r in one.readings if _teaches(r)}, key=repr)
    alike = _alike(asked) if taught and len(asked) > 1 else None
    part = min(1.0, A_FEW / max(1, len(asked)))
    for _ in range(ROUNDS if len(asked) > 1 else 0):
        keyed, placed = _support(shares, places)
        wishes = _wishes(shares, taught, alike)
        shares = [
            _heard(start[n], shares[n], places[n], keyed, placed, wishes[n], part, asked[n])
            for n in range(len(asked))
        ]
    return [_ranked(one, found) for one, found in zip(asked, shares, strict=True)]


Key = tuple[Any, ...]


def _support(
    shares: Sequence[Mapping[Key, float]], places: Sequence[Mapping[Key, Key]]
) -> tuple[dict[Key, float], dict[Key, float]]:
    """How many rejections are sure of each change and of each place: doubtful ones hardly count (squares)."""
    keyed: dict[Key, float] = defaultdict(float)
    placed: dict[Key, float] = defaultdict(float)
    for found, where in zip(shares, places, strict=True):
        mass: dict[Key, float] = defaultdict(float)
        for key, share in found.items():
            keyed[key] += share * share
            mass[where[key]] += share
        for place, share in mass.items():
            placed[place] += share * share
    return keyed, placed


def _teaches(reading: Reading) -> bool:
    return reading.intervention.step == "intent" and reading.intervention.kind in TEACHES


def _alike(asked: Sequence[Diagnosis]) -> Any:
    """How likely each two mean one thing [n, n], else 0 where it is not; None: nobody can tell."""
    import numpy as np

    if any(one.company is None for one in asked) or len(asked) > MOST_AT_ONCE:
        return None
    companies = [one.company for one in asked if one.company is not None]
    likely = of_one_thing(companies[0].voices.take(np.array([one.row for one in companies])))
    return np.where(likely >= RATHER, likely, 0.0)


def _wishes(
    shares: Sequence[Mapping[Key, float]], taught: Sequence[Key], alike: Any
) -> list[dict[Key, float]]:
    """How many others on tickets like this one are sure that a leaf is to learn it, by change.

    Where nobody can tell who is alike, new things are not all one thing, and a leaf is asked for by anybody.
    """
    if alike is None:
        return [{key: 0.0 for key in taught if NEW in key} for _ in shares]
    import numpy as np

    columns = {key: column for column, key in enumerate(taught)}
    sure = np.zeros((len(shares), len(taught)))
    for row, found in enumerate(shares):
        for key, share in found.items():
            if key in columns:
                sure[row, columns[key]] = share * share
    heard = np.round(alike @ sure, 9)
    return [{key: float(one[column]) for key, column in columns.items()} for one in heard]


def _heard(
    start: Mapping[Key, float],
    now: Mapping[Key, float],
    places: Mapping[Key, Key],
    keyed: Mapping[Key, float],
    placed: Mapping[Key, float],
    wishes: Mapping[Key, float],
    part: float,
    one: Diagnosis,
) -> dict[Key, float]:
    """One rejection's shares with what the others say; its own voice is taken out of theirs.

    `part` is what each of the others counts for anything but wishes.
    """
    own: dict[Key, float] = defaultdict(float)
    for key, share in now.items():
        own[places[key]] += share
    kept = sum(start.values())
    weight = _weight_of_others(one)
    found = {}
    for key, share in start.items():
        place = places[key]
        if not _is_shared(key):
            found[key] = share
            continue
        if key in wishes:
            worth = SAME_WISH if NEW in key else SAME_LEAF
            found[key] = share * (1 + weight * worth * wishes[key]) ** 2
            continue
        same = part * max(0.0, keyed[key] - now[key] ** 2)
        near = part * max(0.0, placed[place] - own[place] ** 2)
        found[key] = share * (1 + weight * SAME_CHANGE * same) * (1 + weight * SAME_PLACE * near)
    total = sum(found.values())
    return {key: share * kept / total for key, share in found.items()}


def _weight_of_others(one: Diagnosis) -> float:
    if one.feedback.expected:
        return OTHERS_OF_WHO_EXPECTS
    return 1.0 if one.silent else OTHERS_OF_WHO_SPEAKS


def _is_shared(key: Key) -> bool:
    return key[0] not in _ALONE


def _ranked(one: Diagnosis, shares: Mapping[Key, float]) -> Diagnosis:
    """The readings by the mass of their place, then by their own."""
    readings = [replace(r, probability=round(shares[r.key], 6)) for r in one.readings]
    mass: dict[Key, float] = defaultdict(float)
    for reading in readings:
        mass[reading.intervention.place] += reading.probability
    readings.sort(key=lambda r: (-round(mass[r.intervention.place], 6), -r.probability, repr(r.key)))
    return replace(one, readings=tuple(readings))
