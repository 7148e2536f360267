"""Rejections that ask for one change make one group; what is unclear makes a question."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.propose.diagnosis.clusters import clusters, voices_of
from fixloop.propose.diagnosis.diagnose import Diagnosis
from fixloop.propose.diagnosis.thresholds import each_by_itself
from fixloop.propose.evidence.company import Groups

Key = tuple[Any, ...]

LIKE_THEM = 0.8
"""How like a group's tickets, against the likeness within, one must be to be taken in without a word said."""

CLEARLY = 0.2
"""By how much the likest group must lead."""


@dataclass(frozen=True, slots=True)
class Group:
    """Rejections that ask for one change, by feedback id."""

    key: tuple[Any, ...]
    members: tuple[Diagnosis, ...]

    @property
    def evidence(self) -> tuple[Feedback, ...]:
        """The feedback of its members."""
        return tuple(member.feedback for member in self.members)

    @property
    def confidence(self) -> float:
        """The mean posterior of this change over the members, 0…1."""
        found = [r for member in self.members for r in member.readings]
        shares = [r.probability for r in found if self.key in (r.key, r.intervention.place)]
        return round(sum(shares) / len(self.members), 4) if shares else 0.0


def clear_groups(diagnoses: Sequence[Diagnosis]) -> list[Group]:
    """Clear diagnoses by what they ask for, most first; wishes for a new leaf are clustered.

    Rejections without a word join the group whose tickets theirs is like.
    """
    found: dict[Key, list[Diagnosis]] = defaultdict(list)
    fresh: list[Diagnosis] = []
    for one in diagnoses:
        if not one.clear or (one.silent and one.best.intervention.step == "intent"):
            continue
        if one.best.intervention.kind == "add_leaf":
            fresh.append(one)
        elif one.best.intervention.step != "none":
            found[_exact_key(one)].append(one)
    groups = [Group(key[0], tuple(members)) for key, members in found.items()]
    groups += [Group(members[0].best.key, members) for members in clusters(fresh)]
    taken = {member.feedback.id for group in groups for member in group.members}
    groups = with_silent(groups, [one for one in diagnoses if one.silent and one.feedback.id not in taken])
    return sorted(groups, key=lambda group: (-len(group.members), group.members[0].feedback.id))


def with_silent(groups: Sequence[Group], silent: Sequence[Diagnosis]) -> list[Group]:
    """The groups that teach a leaf, each with the silent rejections whose tickets clearly are like theirs."""
    import numpy as np

    teaching = [n for n, group in enumerate(groups) if _teaches(group) and len(group.members) >= 3]
    if not silent or not teaching:
        return list(groups)
    ratio = _likeness(silent, [groups[n] for n in teaching])
    order = np.argsort(-np.round(ratio, 6), axis=1, kind="stable")
    joined: dict[int, list[Diagnosis]] = defaultdict(list)
    for row, one in enumerate(silent):
        best = ratio[row, order[row, 0]]
        second = ratio[row, order[row, 1]] if len(teaching) > 1 else 0.0
        if best >= LIKE_THEM and best - second >= CLEARLY:
            joined[teaching[int(order[row, 0])]].append(one)
    return [replace(g, members=(*g.members, *joined[n])) for n, g in enumerate(groups)]


def _teaches(group: Group) -> bool:
    return group.key[0] == "intent" and group.key[1] in ("add_example", "add_leaf")


def _likeness(silent: Sequence[Diagnosis], groups: Sequence[Group]) -> Any:
    """How like each silent ticket is to each group's, 0 where the group's leaf was its rejected answer."""
    import numpy as np

    voices = voices_of([*silent, *(member for group in groups for member in group.members)])
    ends = np.cumsum([len(silent), *(len(group.members) for group in groups)])
    rows = [np.arange(start, end) for start, end in pairwise(ends)]
    gathered = Groups.of(voices.tickets, rows)
    alone = Groups.of(voices.tickets, [[n] for n in range(len(silent))])
    ratio = alone.across(gathered, voices.usual)
    for column, group in enumerate(groups):
        leaf = group.key[3]
        ratio[[n for n, one in enumerate(silent) if one.feedback.proposal.get("leaf") == leaf], column] = 0.0
    return ratio


def lone_wishes(diagnoses: Sequence[Diagnosis], groups: Sequence[Group]) -> list[Diagnosis]:
    """Clear wishes for something new that are like too few others to make a leaf of."""
    grouped = {member.feedback.id for group in groups for member in group.members}
    return [
        one
        for one in diagnoses
        if one.clear and one.best.intervention.kind == "add_leaf" and one.feedback.id not in grouped
    ]


def _exact_key(one: Diagnosis) -> tuple[Key, Any]:
    """One fault of a tree asks for several outcomes; examples for a leaf come from anywhere."""
    if one.best.intervention.step == "plan":
        return (one.best.intervention.place, None)
    return (one.best.key, None)


def one_change_each(group: Group) -> list[Group]:
    """A group of one place as groups that ask for one change each, at one branch, most first.

    Without the threshold that held all of them back, each asks for the leaf that it means.
    """
    found: dict[Key, list[Diagnosis]] = defaultdict(list)
    for member in map(each_by_itself, group.members):
        branch = member.before.branch if member.best.intervention.step == "plan" else None
        found[(member.best.key, branch)].append(member)
    parts = [Group(key[0], tuple(members)) for key, members in found.items()]
    return sorted(parts, key=lambda part: (-len(part.members), part.members[0].feedback.id))


def nothing_to_fix(diagnoses: Sequence[Diagnosis]) -> list[Diagnosis]:
    """Clear diagnoses whose best reading is that nothing is wrong, of proposals that are still made."""
    return [
        one for one in diagnoses if one.clear and one.best.intervention.step == "none" and not one.moved_since
    ]
