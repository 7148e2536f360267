"""Where several readings are close: each is tried, what does not stand counts less, the rest is asked.

A dry run is evidence, too: a change that mends the rejection and leaves all that is right alone is likelier
to be what staff meant than one of which no operation stands. If that settles it, no question is asked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from fixloop.hints.model import Hint
from fixloop.propose.diagnosis.diagnose import Diagnosis, Reading
from fixloop.propose.diagnosis.trying import Hypothesis
from fixloop.propose.offer.described import describe
from fixloop.propose.offer.question import alternatives_of, question
from fixloop.propose.offer.thin import FEWEST_FOR_A_LEAF, is_thin, takes_more
from fixloop.propose.offer.tried import (
    Beyond,
    Tried,
    Try,
    same_fix,
    says_leaf,
    try_hypotheses,
    unwritten,
)
from fixloop.propose.readings.interventions import NEW_LEAF, Intervention
from fixloop.workspace.text import count

MARGIN_TRIED, MARGIN_OF_SET, A_SET = 0.25, 0.1, 3
"""The margin over other fixes from which one that stood the dry run and is likelier than not needs no
question: for a rejection or two, and for a set of so many that it answers as a whole."""

RATHER_RIGHT = 0.5
"""The probability from which a fix is named: a draft may lose much of it to rivals that do as well."""

RATHER_NOTHING, SURELY_NOTHING = 0.5, 0.9
"""The probability from which "nothing is wrong" is shown and not asked about: where staff said something that
was understood, and where they did not, for then only asking tells."""

OTHERS = 3
"""One of so many may speak of something else than what is told of them; of fewer it is no set."""

SCATTERED = 0.8
"""How sure it is that tickets which scatter unsurely over several leaves are a missing leaf's, where nothing
else explains them: of the planted faults of the tuning half that did so, about as many were."""

SHOWN, SURE_WHERE = ("add_edge", "add_pattern"), 0.8
"""What the files themselves show, a leaf that nothing leads to and a value that nothing reads; and the
probability from which a set is told so though no operation that mends it stood: that counted against it."""


def settle(
    members: Sequence[Diagnosis],
    found: Sequence[Hypothesis],
    attempt: Try,
    beside: int = 0,
    beyond: Beyond = lambda _: 0,
) -> Hint | None:
    """The fix where trying settles it, or what is wrong where only words are missing; else a question.

    None where the likeliest is that nothing is wrong, or nothing could be: then nobody need be asked.
    `beside` is how many more rejections there are.
    """
    tried = try_hypotheses(members, found, attempt, beyond)
    if not any(one.hint is not None for one in tried):
        return None
    first = tried[0]
    if _is_rather_nothing(members, [one.reading for one in found]):
        return None
    if first.hint and _leads(members, tried):
        whole = replace(first.hint, confidence=first.probability, alternatives=alternatives_of(tried[1:]))
        if whole.operations and _speaks(members, first, beside):
            return whole
        bare = _said_alone(members, whole, first)
        if bare and (meant := _who_may_mean(members, first, beside)):
            return _told(bare, meant, first.reading.intervention)
    return question(members, tried)


def _said_alone(members: Sequence[Diagnosis], whole: Hint, first: Tried) -> Hint | None:
    """What is wrong without what mends it: words are missing, texts, or of a set an operation that stands."""
    if first.waits:
        return whole
    if first.reading.intervention.kind in SHOWN and not whole.operations and len(members) >= A_SET:
        return whole if first.probability >= SURE_WHERE else None
    return _too_new(members, whole, first.reading)


def _too_new(members: Sequence[Diagnosis], hint: Hint, reading: Reading) -> Hint | None:
    """A leaf that nobody asked for by a word, where teaching it is not yet right: only that it is missing."""
    texts = len({one.feedback.text_digest for one in members})
    if hint.kind != "add_leaf" or not all(one.wordless for one in members):
        return None
    if texts < FEWEST_FOR_A_LEAF:
        missing = f"a leaf is taught by {FEWEST_FOR_A_LEAF} texts at least; here are {texts}"
    elif hint.measured and takes_more(hint):
        taken = count(hint.measured.lost, "accepted ticket")
        missing = f"taught by these tickets alone it would take the answer of {taken}"
    else:
        return None
    bare = unwritten(members, reading, waits=True, fell="")
    work = (*bare.open_work, missing)
    return replace(bare, confidence=hint.confidence, alternatives=hint.alternatives, open_work=work)


def missing_leaf(members: Sequence[Diagnosis]) -> Hint:
    """That rejections mean a leaf which is missing: nobody says so, and that they scatter does."""
    bare = unwritten(members, Reading(NEW_LEAF, SCATTERED), waits=True, fell="")
    return _told(bare, members, NEW_LEAF)


def _who_may_mean(members: Sequence[Diagnosis], first: Tried, beside: int) -> list[Diagnosis]:
    """Who may mean what nobody has written yet, where it is as sure by itself as a fix that stood has to be.

    Those who say nothing that bears on it, those who speak for it, and in a set whoever surely means it
    whatever he said; never who stands against a colleague. Where many of the others speak of something else
    it is not sure. Of one ticket only the text, where somebody speaks of it: who wants something new is alone
    so far, but for a ticket that is all there is.
    """
    key, place = first.reading.key, first.reading.intervention.place
    meant = [one for one in members if one.wordless or _speaks_of(one, first.reading)]
    if len(members) >= A_SET and meant:
        meant = [
            one for one in members if one.wordless or _speaks_of(one, first.reading) or _means(one, place)
        ]
    meant = [one for one in meant if not one.disputed]
    texts = {one.feedback.text_digest for one in meant}
    if first.reading.probability < needed(members, beside):
        return []
    if OTHERS * (len(members) - len(meant)) > len(members):
        return []
    spoken = key[0] == "template" and not all(one.wordless for one in meant)
    spoken = spoken or says_leaf(meant, first.reading)
    alone = spoken or (not beside and first.probability >= ALL_BUT_SURE)
    return meant if len(texts) > 1 or (texts and alone) else []


def _speaks_of(one: Diagnosis, reading: Reading) -> bool:
    return speaks_for(one, reading.intervention.place) or says_leaf([one], reading)


def _means(one: Diagnosis, place: tuple[str, str]) -> bool:
    """Whether a rejection is as good as sure to be about a place."""
    here = sum(reading.probability for reading in one.readings if reading.intervention.place == place)
    return here >= ALL_BUT_SURE


def speaks_for(one: Diagnosis, place: tuple[str, str]) -> bool:
    """Whether the words of a rejection speak for a place, and for nothing else more."""
    most = max(reading.spoken for reading in one.readings)
    return any(r.spoken == most > 0 for r in one.readings if r.intervention.place == place)


def says_what(one: Diagnosis, place: tuple[str, str]) -> bool:
    """Whether a rejection says what it asks for at a place: by its words, or in so many keys."""
    spelt = one.feedback.expected or one.feedback.reply
    return not one.wordless and (bool(spelt) or speaks_for(one, place))


def _told(hint: Hint, members: Sequence[Diagnosis], what: Intervention) -> Hint:
    """The hint with what is wrong as a statement, and with those who may mean it."""
    if what.kind == "add_leaf":
        summary = f"{count(len(members), 'ticket')} mean something no leaf answers yet"
    elif what.kind == "add_edge":
        cut_off = what.target.partition("#")[2]
        summary = f"Nothing leads to {cut_off}: {count(len(members), 'rejection')}"
    else:
        said = describe(what)
        summary = f"{said[0].upper()}{said[1:]}: {count(len(members), 'rejection')}"
    evidence = tuple(sorted(one.feedback.id for one in members))
    return replace(hint, summary=summary, evidence=evidence, one_off=len(members) == 1)


def _leads(members: Sequence[Diagnosis], tried: Sequence[Tried]) -> bool:
    """Whether the first is likelier than not, and far enough from other fixes; "nothing" is none."""
    first = tried[0]
    fixes = [one for one in tried[1:] if one.reading.intervention.step != "none"]
    second = max((one.probability for one in fixes if not same_fix(one.hint, first.hint)), default=0.0)
    margin = MARGIN_OF_SET if len(members) >= A_SET else MARGIN_TRIED
    return first.probability >= RATHER_RIGHT and first.probability - second >= margin


def _is_rather_nothing(members: Sequence[Diagnosis], readings: Iterable[Reading]) -> bool:
    """Whether "nothing is wrong" is likely enough to leave it; that no operation stands is no sign of it."""
    nothing = sum(one.probability for one in readings if one.intervention.step == "none")
    enough = SURELY_NOTHING if all(one.wordless for one in members) else RATHER_NOTHING
    return nothing >= enough


def are_unlike(members: Sequence[Diagnosis]) -> bool:
    """Whether "nothing is wrong" is likely for several together and not for each of them by itself."""
    return len(members) > 1 and not all(_is_rather_nothing([one], one.readings) for one in members)


def _speaks(members: Sequence[Diagnosis], first: Tried, beside: int) -> bool:
    """Whether more than one rejection, or words, stand behind a fix, and no colleague's word against it."""
    sure = first.probability >= ALL_BUT_SURE and (len(members) >= A_SET or not beside)
    if all(one.disputed for one in members) or (first.hint and is_thin(members, first.hint, sure)):
        return False
    if len(members) > 1:
        return True
    return first.probability >= needed(members, beside)


def needed(members: Sequence[Diagnosis], beside: int) -> float:
    """The probability from which a fix is named: more for a lone rejection that expects nothing exactly."""
    told = members[0].feedback.expected or members[0].feedback.reply
    alone = len(members) == 1 and not told
    return RATHER_RIGHT + SURER * min(beside, MANY) if alone else RATHER_RIGHT


ALL_BUT_SURE = 0.85
"""From here on what the workspace itself says stands for the words that nobody spoke, where all are of one
thing, or so many that they are a set."""

SURER, MANY = 0.1, 3
"""How much surer a fix for one rejection alone has to be for each other one that is about something
else: one fault is likelier than two, and who stands alone then is oftener mistaken."""
