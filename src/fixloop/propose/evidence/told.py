"""What staff tell outright, as features: the reason code, cues, `expected`, the corrected reply."""

from collections.abc import Mapping, Sequence
from typing import Any

from fixloop.propose.bench.failed import as_meant
from fixloop.propose.bench.wanted import satisfied_share
from fixloop.propose.evidence.heard import Heard, likeness
from fixloop.propose.evidence.score import Features
from fixloop.propose.readings.interventions import Outcome
from fixloop.propose.words.words import stems

REASON_STEPS: Mapping[str, frozenset[str]] = {
    "wrong_intent": frozenset({"intent"}),
    "wrong_data": frozenset({"extraction", "fetch"}),
    "wrong_record": frozenset({"fetch", "extraction"}),
    "wrong_reply": frozenset({"plan", "template", "intent"}),
    "wrong_action": frozenset({"plan"}),
    "missing_knowledge": frozenset({"template", "plan", "intent"}),
    "not_needed": frozenset({"none", "plan"}),
}

CUES: Mapping[str, frozenset[str]] = {
    "intent": stems(
        "intent topic asking about category class misread understood subject belongs reads like "
        "versteht thema anliegen geht gemeint kategorie gehört"
    ),
    "fetch": stems(
        "record account other namesake person holder match lookup someone several certain guess "
        "konto verwechselt namensvetter person mehrere eindeutig raten"
    ),
    "extraction": stems(
        "recognised recognized read text given gave number overlooked missed see spelled typo already stands "
        "erkannt gelesen steht übersehen nummer angegeben genannt geschrieben"
    ),
    "template": stems(
        "outdated text wording typo template old phone hotline says sentence line write changed "
        "veraltet vorlage telefonnummer satz formulierung schreiben textbaustein"
    ),
    "plan": stems(
        "unless flag flagged already status escalate tool before forgot missing also "
        "argument fehlt vergessen auch zusätzlich vorher"
    ),
}


OF_A_TEXT = stems(
    "outdated wording reworded rephrased typo misspelt sentence paragraph "
    "veraltet satz absatz formulierung tippfehler rechtschreibfehler"
)
"""What is said of how a text reads, and not of which text it is."""


def from_reason(found: Features, heard: Heard, step: str) -> None:
    """Whether the reason code speaks of the reading's step."""
    steps = REASON_STEPS.get(heard.feedback.reason or "")
    if steps is not None:
        found["reason.fits" if step in steps else "reason.differs"] = 1.0


def from_cues(found: Features, heard: Heard, step: str) -> None:
    """Whether words that go with a step are said, of the reading's or of others."""
    said = heard.said.affirmed | heard.said.negated
    hits = {other for other, words in CUES.items() if said & words}
    hits |= {"fetch"} if heard.wrong_row else set()
    if step in hits:
        found["cue"] = 1.0
    elif hits:
        found["cue.other"] = 1.0


NO_NEARER = 3.0
"""How many times more what was expected and is missed counts against a reading that comes no nearer to it."""

_OF_TEXT = ("contains", "excludes", "text")


def from_expected(found: Features, heard: Heard, outcome: Outcome) -> None:
    """How much of `expected` a reading brings about, against what the proposal has of it already."""
    expected = heard.feedback.expected or {}
    already = satisfied_share(expected, heard.before)
    rewritten = outcome.intervention.step == "template" and already < 1.0
    after = as_meant(outcome.after) if rewritten else outcome.after
    share = satisfied_share(_but_words(expected) if rewritten else expected, after)
    if share == 1.0:
        found["expected.met"] = 1.0
    else:
        found["expected.missed"] = (1 - share) * (1.0 if share > already else NO_NEARER)


def _but_words(expected: Mapping[str, Any]) -> dict[str, Any]:
    """What is expected beside the words of the reply, which another text of the template can bring about."""
    reply = expected.get("reply")
    if not isinstance(reply, Mapping):
        return dict(expected)
    return {**expected, "reply": {name: part for name, part in reply.items() if name not in _OF_TEXT}}


def from_reply(found: Features, heard: Heard, outcome: Outcome) -> None:
    """Another reply: it is, or is more like, the corrected one than what was sent."""
    corrected = heard.feedback.reply
    if not corrected:
        return
    text = outcome.after.reply.text
    if text == heard.before.reply.text:
        found["reply.given"] = 1.0
    elif text == corrected:
        found["reply.exact"] = 1.0
    else:
        found["reply.gain"] = likeness(text, corrected) - heard.sent_like


def explained_by_reply(outcomes: Sequence[Outcome], heard: Heard) -> bool:
    """Whether some other reading leads to just the corrected reply."""
    corrected = heard.feedback.reply
    return bool(corrected) and any(_matches(outcome, corrected) for outcome in outcomes)


def _matches(outcome: Outcome, corrected: str | None) -> bool:
    return outcome.intervention.step not in ("none", "template") and outcome.after.reply.text == corrected
