"""Rejections that ask for one change make one group; what is unclear makes a question."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from fixloop.propose.diagnose import Diagnosis
from fixloop.propose.draft import Group
from fixloop.propose.synthesis.new_leaf import clusters

Key = tuple[Any, ...]


def clear_groups(diagnoses: Sequence[Diagnosis]) -> list[Group]:
    """Clear diagnoses by what they ask for, most first; wishes for a new leaf are clustered."""
    found: dict[Key, list[Diagnosis]] = defaultdict(list)
    fresh: list[Diagnosis] = []
    for one in diagnoses:
        if one.clear and one.best.intervention.kind == "add_leaf":
            fresh.append(one)
        elif one.clear and one.best.intervention.step != "none":
            found[_exact_key(one)].append(one)
    groups = [Group(key[0], tuple(members)) for key, members in found.items()]
    groups += [Group(members[0].best.key, members) for members in clusters(fresh)]
    return sorted(groups, key=lambda group: (-len(group.members), group.members[0].feedback.id))


def lone_wishes(diagnoses: Sequence[Diagnosis], groups: Sequence[Group]) -> list[Diagnosis]:
    """Clear wishes for something new that are like too few others to make a leaf of."""
    grouped = {member.feedback.id for group in groups for member in group.members}
    return [
        one
        for one in diagnoses
        if one.clear and one.best.intervention.kind == "add_leaf" and one.feedback.id not in grouped
    ]


def _exact_key(one: Diagnosis) -> tuple[Key, Any]:
    """A branch is mended at one place of one tree; examples for a leaf come from anywhere."""
    if one.best.intervention.step == "plan":
        return (one.best.key, one.before.branch)
    return (one.best.key, None)


def unclear_groups(diagnoses: Sequence[Diagnosis]) -> list[Group]:
    """Unclear diagnoses by place and by their two best readings, more support first."""
    found: dict[Key, list[Diagnosis]] = defaultdict(list)
    for one in diagnoses:
        if not one.clear:
            rivals = tuple(sorted((reading.key for reading in one.readings[:2]), key=repr))
            found[(one.before.leaf, one.before.branch, rivals)].append(one)
    groups = [Group(members[0].best.key, tuple(members)) for members in found.values()]
    return sorted(groups, key=lambda group: (-len(group.members), group.members[0].feedback.id))


def nothing_to_fix(diagnoses: Sequence[Diagnosis]) -> list[Diagnosis]:
    """Clear diagnoses whose best reading is that nothing is wrong."""
    return [one for one in diagnoses if one.clear and one.best.intervention.step == "none"]
