"""What is shown without a fix: nothing is wrong, several things at once, or nobody can tell."""

from dataclasses import replace

from fixloop.feedback.model import Feedback
from fixloop.hints.model import Hint, fingerprint
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.diagnosis.several import Several
from fixloop.propose.offer.described import describe
from fixloop.propose.offer.question import others_of


def nothing_wrong(one: Diagnosis) -> Hint:
    """Nothing explains it better than "nothing is wrong": shown, with the next best readings."""
    said = _short(one.feedback.comment)
    return _idle(one, f"Nothing explains “{said}” better than that the proposal was right")


def several_things(one: Diagnosis, found: Several) -> Hint:
    """Several intents in one ticket: which, and what to do about it."""
    named = " and ".join(found.leaves[:2])
    more = f" (and {len(found.leaves) - 2} more)" if len(found.leaves) > 2 else ""
    summary = f"The ticket asks for several things, {named}{more}: answer it as {len(found.leaves)} tickets"
    hint = _idle(one, summary)
    idea = fingerprint("none", hint.target, "several", one.feedback.text_digest)
    return replace(hint, kind="several", confidence=found.sure, fingerprint=idea)


def unreplayable(bench: Workbench, one: Feedback) -> Hint:
    """A rejection whose redacted ticket gets another proposal: it can be read, and never becomes a case."""
    before = bench.before[one.id]
    place = f"{before.leaf}/{before.branch or 'fallback'}"
    return Hint(
        step="none",
        kind="none",
        target=place,
        summary=f"“{_short(one.comment)}” is about a proposal that cannot be replayed without its names",
        evidence=(one.id,),
        fingerprint=fingerprint("none", place, "lossy", one.text_digest),
        one_off=True,
    )


def lone_wish(one: Diagnosis) -> Hint:
    """A wish for something new that nobody shares yet."""
    return _idle(one, f"“{_short(one.feedback.comment)}” asks for something no leaf answers; alone so far")


def unexplained(one: Diagnosis) -> Hint:
    """Readings too close to call, none with a fix that stands: for a person to read."""
    if not one.says_anything:
        said = _short(one.feedback.comment)
        return _idle(one, f"“{said}” does not say what was wrong" if said else "Rejected without a word")
    readings = " or ".join(describe(reading.intervention) for reading in one.readings[:2])
    return _idle(
        one, f"“{_short(one.feedback.comment)}” could mean that {readings}; neither gives a fix that stands"
    )


def _idle(one: Diagnosis, summary: str) -> Hint:
    place = f"{one.before.leaf}/{one.before.branch or 'fallback'}"
    return Hint(
        step="none",
        kind="none",
        target=place,
        summary=summary,
        evidence=(one.feedback.id,),
        confidence=_nothing_is_wrong(one),
        fingerprint=fingerprint("none", place, "none", one.feedback.text_digest),
        one_off=True,
        alternatives=others_of(Group(("none",), (one,))),
    )


def _nothing_is_wrong(one: Diagnosis) -> float:
    """How probable it is that the proposal was right: what a hint without a fix says."""
    return sum(reading.probability for reading in one.readings if reading.intervention.step == "none")


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else flat[:59] + "…"
