"""Explanations of a set after their try: a dry run is evidence, too.

A change that mends the rejection and leaves all that is right alone is likelier to be what staff meant than
one of which no operation stands.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from fixloop.hints.model import Hint, fingerprint
from fixloop.propose.bench.dryrun import Dropped
from fixloop.propose.diagnosis.diagnose import Diagnosis, Reading
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.diagnosis.trying import Hypothesis
from fixloop.propose.offer.described import describe

FELL = 0.15
"""What is left of a reading's probability when no operation that does it stands."""

LEFT, MOST_LEFT = 0.4, 3
"""What is left of a fix's probability for each member of a set that it does nothing for, and of how many."""

ALSO, MOST_ALSO = 4.0, 3
"""How much likelier a fix of a plan is for each rejection beside the set, of the same leaf and not explained,
that it mends as well, and for how many: one fault is likelier than two."""

MIXED = 5.0
"""How much likelier than by the tickets alone a mixture of two leaves' examples is that the examples show."""

MOST_TRIED = 6

HARDLY = 0.02
"""How likely a change of what tickets mean must be, beside the likeliest change, for it to be tried: each try
fits the intent step anew, and no outcome of it would bring what is less likely than that to the front."""

NO_TEXT = "nobody has said yet what should stand there instead"

NO_NAME = "nobody has said yet what it is called"

TOLD_LEAF = 3.0
"""The nats by which words speak for a leaf from which staff say that it is that leaf."""

WORTH_CHOOSING = 0.08
"""Probabilities from which a reading is told beside others, and from which it is a choice without a fix."""

Try = Callable[[Group], Hint | Dropped | None]
"""From a group to the hint its reading leads to, or why nothing stands."""

Beyond = Callable[[Hint], int]
"""From a fix to how many rejections beside the set it mends as well."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A hypothesis after its try, with its probability in the light of it."""

    reading: Reading
    hint: Hint | None
    probability: float
    waits: bool = False
    """Whether nothing is written because nobody has said what."""


def try_hypotheses(
    members: Sequence[Diagnosis], found: Sequence[Hypothesis], attempt: Try, beyond: Beyond = lambda _: 0
) -> list[Tried]:
    """The likeliest explanations of a set, each tried, by their probability afterwards.

    A fix counts less for every member that it leaves as it is, and more for others that it mends; where none
    stands a reading does less.
    """
    most = max((one.reading.probability for one in found), default=0.0)
    worth = [n < MOST_TRIED and _is_worth_a_try(one.reading, most) for n, one in enumerate(found)]
    tried = [
        _after_try(members, one, attempt, beyond) if is_worth else _untried(one.reading)
        for one, is_worth in zip(found, worth, strict=True)
    ]
    total = sum(one.probability for one in tried) or 1.0
    scaled = [replace(one, probability=round(one.probability / total, 6)) for one in tried]
    return sorted(scaled, key=lambda one: (-one.probability, repr(one.reading.key)))


def _is_worth_a_try(reading: Reading, most: float) -> bool:
    return reading.intervention.step != "intent" or reading.probability >= HARDLY * most


def _untried(reading: Reading) -> Tried:
    """An explanation too unlikely to be tried: nothing is known to stand."""
    is_fix = reading.intervention.step != "none"
    return Tried(reading, None, reading.probability * (FELL if is_fix else 1.0))


def _after_try(members: Sequence[Diagnosis], one: Hypothesis, attempt: Try, beyond: Beyond) -> Tried:
    reading = one.reading
    if reading.intervention.step == "none":
        return Tried(reading, None, reading.probability)
    result = attempt(one.group)
    if isinstance(result, Hint):
        return Tried(reading, result, reading.probability * _weight(members, result, beyond))
    waits = waits_for_words(members, reading)
    weight = (1.0 if waits else FELL) * _for_left(len(members) - len(one.group.members))
    fell = result.reason if isinstance(result, Dropped) else ""
    return Tried(reading, unwritten(members, reading, waits, fell), reading.probability * weight, waits)


def _weight(members: Sequence[Diagnosis], fix: Hint, beyond: Beyond) -> float:
    """How much likelier than before it was tried: for whom it does nothing, for whom else it does."""
    left = {m.feedback.id for m in members} - set(fix.evidence)
    also = ALSO ** min(beyond(fix), MOST_ALSO)
    return _for_left(len(left)) * also * (MIXED if _is_exchange(fix) else 1.0)


def _for_left(members: int) -> float:
    return float(LEFT ** min(members, MOST_LEFT))


def _is_exchange(hint: Hint) -> bool:
    """Whether a fix takes examples out of each of two leaves that lie in the other's."""
    out, to = (
        {one.args["leaf"] for one in hint.operations if one.op == op}
        for op in ("remove_example", "add_example")
    )
    return len(out) > 1 and out == to


def same_fix(one: Hint | None, other: Hint | None) -> bool:
    """Whether two explanations came to the same operations."""
    if one is None or other is None or not one.operations:
        return False
    return one.operations == other.operations


def waits_for_words(members: Sequence[Diagnosis], reading: Reading) -> bool:
    """Whether nothing could be written because nobody has said what: another text, another leaf's name.

    Or because the leaf that staff say it is needs more texts than theirs: that these do not teach it is no
    sign that they mean another.
    """
    if reading.probability < WORTH_CHOOSING:
        return False
    text = reading.intervention.step == "template" and not any(one.feedback.reply for one in members)
    return text or reading.intervention.kind == "add_leaf" or says_leaf(members, reading)


def says_leaf(members: Sequence[Diagnosis], reading: Reading) -> bool:
    """Whether most of those who reject say that the ticket means the leaf of a reading."""
    one = reading.intervention
    if one.kind != "add_example":
        return False
    saying = [member for member in members if _says(member, reading.key, one.wanted.leaf)]
    return 2 * len(saying) > len(members)


def _says(member: Diagnosis, key: tuple[object, ...], leaf: str | None) -> bool:
    spoken = max((r.spoken for r in member.readings if r.key == key), default=0.0)
    return spoken >= TOLD_LEAF or (member.feedback.expected or {}).get("leaf") == leaf


def unwritten(members: Sequence[Diagnosis], reading: Reading, waits: bool, fell: str) -> Hint:
    """A reading without operations: it is work for a person (`hint new`), and cannot be approved."""
    one = reading.intervention
    work = _untold(one.kind, fell) if waits else f"no operation does it: {fell or 'none is known'}"
    return Hint(
        step=one.step,
        kind=one.options[0].kind,
        target=one.options[0].target,
        summary=describe(one),
        evidence=tuple(sorted(member.feedback.id for member in members)),
        confidence=reading.probability,
        fingerprint=fingerprint(one.step, one.target, one.kind, "unwritten"),
        one_off=len(members) == 1,
        open_work=(work,),
    )


def _untold(kind: str, fell: str) -> str:
    """What is missing to write it."""
    if kind == "add_example":
        return f"more texts like these: by these alone it is not taught ({fell or 'nothing stands'})"
    return NO_NAME if kind == "add_leaf" else NO_TEXT
