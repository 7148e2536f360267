"""A question: the best explanations as choices, no two of one fix and rather of different places."""

from collections.abc import Sequence

from fixloop.hints.model import Alternative, Choice, Hint, Question, fingerprint
from fixloop.propose.diagnosis.diagnose import Diagnosis, Reading
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.diagnosis.trying import pooled_readings
from fixloop.propose.offer.described import describe
from fixloop.propose.offer.tried import Tried, same_fix, unwritten
from fixloop.propose.readings.interventions import NEW_LEAF

MOST_SURE = 0.5
"""What the first choice of a question is stated as at most: were it likelier than not, nobody were asked."""

MOST_CHOICES = 3

WORTH_ASKING = 0.02

AGAIN = 0.4
"""What a choice counts for beside a likelier one of the same place: a question that asks one thing is one."""

LEAF_THERE_IS = ("add_example", "add_edge")
"""Readings that say which leaf of those that there are is meant."""


def question(members: Sequence[Diagnosis], tried: Sequence[Tried]) -> Hint:
    """The best explanations as choices, each with its fix where there is one, and that nothing is wrong."""
    chosen = _with_something_new(members, _choices(tried), tried)
    labels = _labels(chosen)
    choices = [Choice(label, one.hint) for label, one in zip(labels, chosen, strict=True)]
    choices.append(Choice("nothing is wrong with the proposal"))
    what = members[0].before
    place = f"{what.leaf}/{what.branch or 'fallback'}"
    first = chosen[0].hint
    assert first is not None
    named = ", or ".join(choice.label for choice in choices[:2])
    return Hint(
        step=first.step,
        kind=first.kind,
        target=first.target,
        summary=f"Unclear: {named}?",
        evidence=tuple(sorted(one.feedback.id for one in members)),
        confidence=min(MOST_SURE, chosen[0].probability),
        fingerprint=fingerprint("none", place, "question", sorted(choice.label for choice in choices)),
        one_off=len(members) == 1,
        alternatives=alternatives_of(tried[1:]),
        question=Question(f"{place} was rejected: what should have happened?", tuple(choices)),
    )


def _choices(tried: Sequence[Tried]) -> list[Tried]:
    """The likeliest that can be chosen, none of them twice; of one place each counts less than the last."""
    left = [one for one in tried if one.hint is not None]
    chosen: list[Tried] = []
    while left and len(chosen) < MOST_CHOICES:
        best = max(left, key=lambda one: one.probability * AGAIN ** _told_before(one, chosen))
        chosen.append(best)
        left = [one for one in left if one is not best and _differs(one, best)]
    return chosen


def _with_something_new(
    members: Sequence[Diagnosis], chosen: Sequence[Tried], tried: Sequence[Tried]
) -> list[Tried]:
    """The choices; where they ask which leaf is meant, the last of them is that none of these is.

    A leaf that is missing leaves its tickets to whichever is like it, and those all look likelier.
    """
    if chosen[0].reading.intervention.kind not in LEAF_THERE_IS:
        return list(chosen)
    known = next((one for one in tried if one.reading.intervention.kind == NEW_LEAF.kind), None)
    reading = known.reading if known else Reading(NEW_LEAF, 0.0)
    bare = unwritten(members, reading, waits=True, fell="")
    new = Tried(reading, (known and known.hint) or bare, known.probability if known else 0.0, waits=True)
    kept = [one for one in chosen if one.reading.intervention.kind != NEW_LEAF.kind]
    return list(chosen) if len(kept) < len(chosen) else [*kept[: MOST_CHOICES - 1], new]


def _told_before(one: Tried, chosen: Sequence[Tried]) -> int:
    """How often a choice's place is among others, and its place with its kind of fix once more."""
    same = [o.hint for o in chosen if o.reading.intervention.place == one.reading.intervention.place]
    return len(same) + sum(1 for o in same if o and one.hint and o.kind == one.hint.kind)


def _differs(one: Tried, other: Tried) -> bool:
    a, b = one.hint, other.hint
    assert a is not None
    assert b is not None
    return (a.summary, a.target) != (b.summary, b.target) and not same_fix(a, b)


def _labels(chosen: Sequence[Tried]) -> list[str]:
    """Readings in words; where two read the same, the fixes."""
    labels = [describe(one.reading.intervention) for one in chosen]
    return [
        one.hint.summary if labels.count(label) > 1 and one.hint is not None else label
        for one, label in zip(chosen, labels, strict=True)
    ]


def alternatives_of(tried: Sequence[Tried], most: int = 3) -> tuple[Alternative, ...]:
    """The readings that came after, in words."""
    found: dict[str, Alternative] = {}
    for one in tried:
        words = describe(one.reading.intervention)
        if one.probability >= WORTH_ASKING and words not in found:
            found[words] = Alternative(one.reading.intervention.step, words, round(one.probability, 4))
    return tuple(found.values())[:most]


def others_of(group: Group) -> tuple[Alternative, ...]:
    """The readings that explained the group's rejections less well."""
    mine = {r.key for m in group.members for r in m.readings if group.key in (r.key, r.intervention.place)}
    pooled = [one for one in pooled_readings(group.members) if one.key not in mine]
    return alternatives_of([Tried(one, None, one.probability) for one in pooled])
