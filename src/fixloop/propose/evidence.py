"""How well a changed proposal explains what staff said, against the proposal they rejected.

Scores are log-odds; the constants are collected in `Weights`, so that they can be learnt and reported as one
thing. The comment counts by the share of its telling words that the change accounts for: words for what the
change brings in speak for it, negated words for what it takes away too, negated words for what it brings in
speak against it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.interventions import Outcome
from fixloop.propose.lexicon import Lexicon
from fixloop.propose.wanted import record_ids, satisfied_share, tool_names
from fixloop.propose.words import Said, stems


@dataclass(frozen=True, slots=True)
class Weights:
    """The evidence model: prior of each step and what each kind of evidence is worth, in nats."""

    prior: Mapping[str, float]
    expected_met: float = 9.0
    expected_missed: float = -5.0
    reason_fits: float = 2.5
    reason_differs: float = -2.5
    reply_like: float = 9.0
    reply_missing: float = -1.5
    moved_since: float = -4.0
    words_in: float = 6.0
    words_out_negated: float = 2.5
    words_in_negated: float = -4.0
    words_kept: float = -2.0
    cue: float = 1.6
    column_named: float = 3.0
    unknown_words: float = 3.0


WEIGHTS = Weights(
    prior={"none": 0.14, "intent": 0.36, "new_leaf": 0.08, "fetch": 0.12, "plan": 0.22, "template": 0.08}
)

REASON_STEPS: Mapping[str, frozenset[str]] = {
    "wrong_intent": frozenset({"intent"}),
    "wrong_data": frozenset({"extraction", "fetch"}),
    "wrong_record": frozenset({"fetch"}),
    "wrong_reply": frozenset({"plan", "template", "intent"}),
    "wrong_action": frozenset({"plan"}),
    "missing_knowledge": frozenset({"template", "plan", "intent"}),
    "not_needed": frozenset({"none", "plan"}),
}

_CUES: Mapping[str, frozenset[str]] = {
    "intent": stems(
        "intent topic asking about category class misread understood versteht thema anliegen geht gemeint"
    ),
    "fetch": stems(
        "record account other namesake person holder match lookup someone else konto verwechselt namensvetter"
    ),
    "template": stems(
        "outdated text wording typo template old number phone hotline says veraltet vorlage telefonnummer"
    ),
    "plan": stems("unless flag flagged already status must escalate send tool before check"),
}


@dataclass(frozen=True, slots=True)
class Heard:
    """A rejection, read once: its words, and how alike the corrected reply is to what was sent."""

    feedback: Feedback
    before: Proposal
    said: Said
    reply_likeness: float
    disputed: bool = False

    @property
    def moved(self) -> bool:
        """Whether the ticket gets another leaf today than the one that was rejected."""
        return self.feedback.proposal.get("leaf") not in (None, self.before.leaf)


def likeness(a: str, b: str) -> float:
    """How alike two texts are by words, 0…1 (Ratcliff and Obershelp, 1988)."""
    return SequenceMatcher(None, a.split(), b.split(), autojunk=False).ratio()


def score(heard: Heard, outcome: Outcome, lexicon: Lexicon, weights: Weights) -> float:
    """The log-odds that this change is what staff meant, its step's prior and share left aside."""
    step = outcome.intervention.step
    total = _reason(heard.feedback.reason, step, weights) + _cue(heard.said, step, weights)
    if heard.moved and step not in ("intent", "none"):
        # What was rejected is not what the ticket gets today: nothing is known of today's reply.
        total += weights.moved_since
    if outcome.intervention.kind == "add_leaf":
        return total + _newness(heard, lexicon, weights)
    if heard.feedback.expected:
        total += _expected(heard, outcome, weights)
    if step == "template":
        return total + _text_edit(heard, weights)
    if step == "none":
        return total + (2.0 if heard.disputed else 0.0)
    return total + _words(heard, outcome, lexicon, weights) + _reply(heard, outcome, weights)


def _reason(reason: str | None, step: str, weights: Weights) -> float:
    steps = REASON_STEPS.get(reason or "")
    if steps is None:
        return 0.0
    return weights.reason_fits if step in steps else weights.reason_differs


def _cue(said: Said, step: str, weights: Weights) -> float:
    return weights.cue if said.affirmed & _CUES.get(step, frozenset()) else 0.0


def _expected(heard: Heard, outcome: Outcome, weights: Weights) -> float:
    assert heard.feedback.expected is not None
    share = satisfied_share(heard.feedback.expected, outcome.after)
    return weights.expected_met if share == 1.0 else weights.expected_missed * (1 - share)


def _newness(heard: Heard, lexicon: Lexicon, weights: Weights) -> float:
    """A leaf there is not yet: wanted words that nothing in the workspace accounts for."""
    expected = heard.feedback.expected or {}
    wanted = expected.get("leaf")
    if wanted is not None:
        return weights.expected_missed if wanted in lexicon.leaves else weights.expected_met
    if expected:
        return weights.expected_missed
    if not heard.said.affirmed:
        return 0.0
    return weights.unknown_words * (2 * (1 - lexicon.known(heard.said)) - 0.5)


def _text_edit(heard: Heard, weights: Weights) -> float:
    """A changed text: the corrected reply is the sent one with a few words changed."""
    if not heard.feedback.reply:
        return weights.reply_missing
    return weights.reply_like * (heard.reply_likeness - 0.5) * 2


def _reply(heard: Heard, outcome: Outcome, weights: Weights) -> float:
    """Another reply: it is more like the corrected one than what was sent."""
    if not heard.feedback.reply or outcome.after.reply.text == heard.before.reply.text:
        return 0.0
    return weights.reply_like * (
        likeness(outcome.after.reply.text, heard.feedback.reply) - heard.reply_likeness
    )


def _words(heard: Heard, outcome: Outcome, lexicon: Lexicon, weights: Weights) -> float:
    if not heard.said.says_anything:
        return 0.0
    brought, taken = _changed_terms(heard.before, outcome, lexicon)
    said = heard.said
    total = weights.words_in * lexicon.coverage(said.affirmed, brought - taken)
    total += weights.words_kept * lexicon.coverage(said.affirmed, taken - brought)
    total += weights.words_out_negated * lexicon.coverage(said.negated, taken - brought)
    total += weights.words_in_negated * lexicon.coverage(said.negated, brought - taken)
    if outcome.intervention.step == "intent":
        # A word that nothing here is called by names something that is not here.
        total -= weights.unknown_words * (1 - lexicon.known(said)) if said.affirmed else 0.0
    if outcome.intervention.step == "plan":
        total += weights.column_named * lexicon.coverage(
            said.affirmed | said.negated, _column_terms(heard.before, lexicon)
        )
    return total


def _changed_terms(
    before: Proposal, outcome: Outcome, lexicon: Lexicon
) -> tuple[frozenset[str], frozenset[str]]:
    """The stems of what a change brings into the proposal and of what it takes away."""
    after = outcome.after
    if outcome.intervention.step == "fetch":
        return _record_terms(after, before), _record_terms(before, after)
    brought, taken = _action_terms(after, lexicon), _action_terms(before, lexicon)
    if outcome.intervention.step == "intent":
        # A leaf is named by its own words first; its reply's words count only where they add to them.
        return (
            lexicon.leaves.get(after.leaf, frozenset()) | _few(brought - taken, lexicon, after.leaf),
            lexicon.leaves.get(before.leaf, frozenset()) | taken,
        )
    return brought, taken


def _few(terms: frozenset[str], lexicon: Lexicon, leaf: str) -> frozenset[str]:
    return terms & lexicon.leaves.get(leaf, frozenset())


def _action_terms(proposal: Proposal, lexicon: Lexicon) -> frozenset[str]:
    terms = lexicon.templates.get(proposal.reply.template, frozenset())
    return terms.union(*(lexicon.tools.get(name, frozenset()) for name in tool_names(proposal)))


def _record_terms(proposal: Proposal, other: Proposal) -> frozenset[str]:
    there = set(record_ids(other))
    rows = [record.row for record in proposal.records if str(record.id) not in there]
    return frozenset(one for row in rows for value in row.values() for one in stems(_flat(value)))


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(_flat(one) for one in value.values())
    if isinstance(value, list | tuple):
        return " ".join(_flat(one) for one in value)
    return "" if isinstance(value, bool) or value is None else str(value)


def _column_terms(before: Proposal, lexicon: Lexicon) -> frozenset[str]:
    """The words for the columns of the one selected record: what a condition could be about."""
    if len(before.records) != 1:
        return frozenset()
    named = (lexicon.columns.get(column, frozenset()) for column in before.records[0].row)
    return frozenset().union(*named)
