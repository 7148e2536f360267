"""Where several readings are close: each is tried, what does not stand counts less, the rest is asked.

A dry run is evidence, too: a change that mends the rejection and leaves all that is right alone is likelier
to be what staff meant than one of which no operation stands. If that settles it, no question is asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fixloop.hints.model import Alternative, Choice, Hint, Question, fingerprint
from fixloop.propose.diagnose import Diagnosis, Reading
from fixloop.propose.draft import Group
from fixloop.propose.interventions import Intervention
from fixloop.propose.thin import is_thin

FELL = 0.25
"""What is left of a reading's probability when no operation that does it stands."""

MOST_SURE = 0.5
"""What the first choice of a question is stated as at most: were it likelier than not, nobody were asked."""

MOST_TRIED = 5
MOST_CHOICES = 3
MARGIN_TRIED = 0.35
"""The margin from which a reading that stood the dry run needs no question."""

RATHER_NOTHING = 0.5
"""The probability from which "nothing is wrong" is shown and not asked about, where it is the likeliest."""

WORTH_ASKING = 0.02
WORTH_CHOOSING = 0.08
"""Probabilities from which a reading is told beside others, and from which it is a choice without a fix."""

Key = tuple[Any, ...]
Try = Callable[[Group], Hint | None]
"""From a group to the hint its reading leads to, None where nothing stands."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A reading after its try, with its probability in the light of it."""

    reading: Reading
    hint: Hint | None
    probability: float


def settle(members: Sequence[Diagnosis], attempt: Try, margin: float = MARGIN_TRIED) -> Hint | None:
    """The fix where trying settles it, else a question with the best choices; None where nothing stands."""
    tried = try_readings(members, attempt)
    standing = [one for one in tried if one.hint is not None]
    if not standing:
        return None
    first = tried[0]
    if first.reading.intervention.step == "none" and first.probability >= RATHER_NOTHING:
        return None
    second = tried[1].probability if len(tried) > 1 else 0.0
    others = alternatives_of([one for one in tried[1:]])
    lead = first.probability - second
    if first.hint and first.hint.operations and lead >= margin and _speaks(members, first):
        return replace(first.hint, confidence=first.probability, alternatives=others)
    return _question(members, tried, standing)


def _speaks(members: Sequence[Diagnosis], first: Tried) -> bool:
    """Whether more than one rejection, or words, stand behind a fix, and no colleague's word against it."""
    if all(one.disputed for one in members) or (first.hint and is_thin(members, first.hint)):
        return False
    return len(members) > 1 or any(not one.silent for one in members) or first.probability >= ALONE_AND_SILENT


ALONE_AND_SILENT = 0.6
"""What a single rejection without a word has to reach."""


def try_readings(members: Sequence[Diagnosis], attempt: Try) -> list[Tried]:
    """The likeliest readings of some rejections, each tried, by their probability afterwards."""
    pooled = pooled_readings(members)
    tried = []
    for reading in pooled[:MOST_TRIED]:
        hint = attempt(group_of(members, reading)) if reading.intervention.step != "none" else None
        if hint is None and _waits_for_words(members, reading):
            tried.append(Tried(reading, _unwritten(members, reading), reading.probability))
            continue
        stands = hint is not None or reading.intervention.step == "none"
        tried.append(Tried(reading, hint, reading.probability * (1.0 if stands else FELL)))
    tried += [Tried(reading, None, FELL * reading.probability) for reading in pooled[MOST_TRIED:]]
    total = sum(one.probability for one in tried) or 1.0
    scaled = [replace(one, probability=round(one.probability / total, 6)) for one in tried]
    return sorted(scaled, key=lambda one: (-one.probability, repr(one.reading.key)))


def _waits_for_words(members: Sequence[Diagnosis], reading: Reading) -> bool:
    """Whether nothing could be written because nobody has said what: another text, another leaf's name."""
    if reading.probability < WORTH_CHOOSING:
        return False
    text = reading.intervention.step == "template" and not any(one.feedback.reply for one in members)
    return text or reading.intervention.kind == "add_leaf"


def _unwritten(members: Sequence[Diagnosis], reading: Reading) -> Hint:
    """A reading without operations: chosen, it is work for a person (`hint edit`), and cannot be approved."""
    one = reading.intervention
    return Hint(
        step=one.step,
        kind=one.kind,
        target=one.target,
        summary=describe(one),
        evidence=tuple(sorted(member.feedback.id for member in members)),
        confidence=reading.probability,
        fingerprint=fingerprint(one.step, one.target, one.kind, "unwritten"),
        one_off=len(members) == 1,
        open_work=("nobody has said yet what should stand there instead",),
    )


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


def group_of(members: Sequence[Diagnosis], reading: Reading) -> Group:
    """The rejections that may ask for a change."""
    own = tuple(m for m in members if any(r.key == reading.key for r in m.readings))
    return Group(reading.key, own)


def _question(members: Sequence[Diagnosis], tried: Sequence[Tried], standing: Sequence[Tried]) -> Hint:
    """The best readings as choices, each with its fix, and that nothing is wrong."""
    choices = [Choice(describe(one.reading.intervention), one.hint) for one in standing[:MOST_CHOICES]]
    choices.append(Choice("nothing is wrong with the proposal"))
    what = members[0].before
    place = f"{what.leaf}/{what.branch or 'fallback'}"
    first = standing[0].hint
    assert first is not None
    named = ", or ".join(choice.label for choice in choices[:2])
    return Hint(
        step=first.step,
        kind=first.kind,
        target=first.target,
        summary=f"Unclear: {named}?",
        evidence=tuple(sorted(one.feedback.id for one in members)),
        confidence=min(MOST_SURE, standing[0].probability),
        fingerprint=fingerprint("none", place, "question", sorted(choice.label for choice in choices)),
        one_off=len(members) == 1,
        alternatives=alternatives_of(tried[1:]),
        question=Question(f"{place} was rejected: what should have happened?", tuple(choices)),
    )


def alternatives_of(tried: Sequence[Tried], most: int = 3) -> tuple[Alternative, ...]:
    """The readings that came after, in words."""
    found: dict[str, Alternative] = {}
    for one in tried:
        words = describe(one.reading.intervention)
        if one.probability >= WORTH_ASKING and words not in found:
            found[words] = Alternative(one.reading.intervention.step, words, round(one.probability, 4))
    return tuple(found.values())[:most]


def describe(intervention: Intervention) -> str:
    """A reading in words."""
    wanted, value = intervention.wanted, intervention.value
    if intervention.kind == "set_threshold" and intervention.step == "intent":
        return f"the threshold {intervention.target.rpartition('.')[2]} holds back or lets through too much"
    if intervention.kind == "add_example":
        return f"the ticket means {wanted.leaf}"
    if intervention.kind == "add_leaf":
        return "the ticket means something no leaf answers yet"
    if value is not None:
        verb = "should not be read" if value.dropped else "should be read"
        return f"“{value.text}” {verb} as {value.path}"
    if intervention.step == "fetch":
        return _records(wanted.records or ())
    if intervention.step == "plan":
        tools = f" with {', '.join(wanted.tools)}" if wanted.tools else ""
        return f"{wanted.leaf} should answer {wanted.reply}{tools} here"
    if intervention.step == "template":
        return f"the text of {intervention.target.split('#')[-1]} should change"
    return "nothing is wrong with the proposal"


def _records(records: Sequence[str]) -> str:
    if not records:
        return "no record should be selected"
    if len(records) > 1:
        return f"several records should be selected: {', '.join(records)}"
    return f"record {records[0]} should be selected"
