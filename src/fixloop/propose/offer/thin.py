"""Fixes that reach further than what they rest on: asked about, not named.

One rejection says that something is wrong with one ticket. A fix that teaches a leaf many examples or gives a
tree another branch moves tickets nobody spoke of. Where a text or two are all there is, somebody has to have
said what should have come out, in `expected` or in the words of that very outcome. A corrected reply says
what should come out for this customer, not when.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fixloop.hints.model import Choice, Hint, Question
from fixloop.hints.operation import Operation
from fixloop.propose.diagnosis.diagnose import Diagnosis
from fixloop.propose.diagnosis.thresholds import HELD_BACK
from fixloop.propose.synthesis.guards import FEWEST
from fixloop.propose.words.words import stems
from fixloop.workspace.text import count

MOST_TAUGHT = 3
"""Examples that one text can answer for."""

FEWEST_FOR_A_LEAF = 5
"""Distinct texts from which a new leaf is named: of fewer the engine learns to take its neighbours' tickets
rather than its own."""

TEACHES = ("add_leaf", "add_example")
A_LOSS = 5
"""Texts mended that stand against one accepted ticket which a leaf that learns takes from another: those on
record are few of all that it takes, and beside them it teaches its neighbours already."""

DOUBT = 0.1
"""What a fix from one text is stated less sure for; from n texts it is an n-th of it."""

FEW_TEXTS: Mapping[str, int] = {"add_branch": 2, "set_reply": 1}
"""Distinct texts up to which an operation needs words: some condition fits any two tickets."""

FEW_FOR_A_TEST = 2
"""Distinct texts up to which a condition that tests something more needs somebody who says something: it is
another branch in all but name."""


def is_thin(members: Sequence[Diagnosis], hint: Hint, sure: bool = False) -> bool:
    """Whether a fix takes more than it may, or rests on too little for what it does."""
    return takes_more(hint) or rests_on_little(members, hint, sure)


def rests_on_little(members: Sequence[Diagnosis], hint: Hint, sure: bool = False) -> bool:
    """Whether a fix rests on a text or two and nobody has said that it is what should happen.

    `sure` is whether the workspace itself says so: that is enough for what a branch answers, for one that is
    missing, and for a new leaf of tickets enough.
    """
    own = [m for m in members if m.feedback.id in hint.evidence]
    texts = len({m.feedback.text_digest for m in own})
    if hint.kind == "add_leaf" and texts < FEWEST_FOR_A_LEAF:
        return True
    if hint.kind in TEACHES and all(m.wordless for m in own):
        # That tickets are alike does not tell what leaf they are of, unless surely of none there is.
        return not (sure and hint.kind == "add_leaf")
    if hint.kind == "add_edge" and texts == 1 and not (sure or _is_cut_off(own)):
        # Which leaf is meant says nothing of where else it should stand: that moves what nobody spoke of.
        return True
    if hint.step == "intent":
        return texts == 1 and _reaches_far(own, hint, sure) and not _expects_leaf(own)
    if hint.kind == "set_condition" and any(map(_tests_more, hint.operations)):
        return 0 < texts <= FEW_FOR_A_TEST and not any(_speaks_of(m, hint) for m in own)
    if sure:
        return False
    if hint.kind == "add_branch" and texts == 1:
        return not any(_says_when(m, hint) for m in own)
    return 0 < texts <= FEW_TEXTS.get(hint.kind, 0) and not any(_is_told(m, hint) for m in own)


def sobered(hint: Hint) -> Hint:
    """The hint with its confidence less sure the less it rests on; questions and what has no fix stay."""
    if hint.question is not None or hint.step == "none" or not hint.operations:
        return hint
    texts = 1 if hint.one_off else max(1, hint.support)
    return replace(hint, confidence=round(hint.confidence * (1 - DOUBT / texts), 6))


def takes_more(hint: Hint) -> bool:
    """Whether a leaf that learns takes too many accepted tickets from others, for what it mends."""
    measured = hint.measured
    if hint.kind not in TEACHES or measured is None:
        return False
    return A_LOSS * measured.lost >= max(1, measured.fixed)


def asked_if_bare(hint: Hint) -> Hint:
    """A fix that too little shows the end of is not named: a person says whether it is meant so."""
    few = len(hint.near_misses)
    if not hint.operations or hint.step == "eval_data" or few >= FEWEST:
        return hint
    missing = f"only {count(few, 'near miss', 'near misses')} where {FEWEST} should show where it ends"
    whole = replace(hint, open_work=(*hint.open_work, missing))
    return _is_it_meant(whole, f"{missing[0].upper()}{missing[1:]}: is it meant so?")


def asked_if_it_takes(hint: Hint) -> Hint:
    """A leaf that learns at the cost of others: what is meant is clear, whether it is worth it is asked."""
    if hint.question is not None or hint.measured is None or not takes_more(hint):
        return hint
    lost = count(hint.measured.lost, "accepted ticket")
    mended = count(hint.measured.fixed, "rejection")
    return _is_it_meant(hint, f"It would answer {mended} and take the answer of {lost}: is it worth it?")


def _is_it_meant(hint: Hint, text: str) -> Hint:
    return as_question((Choice(hint.summary, hint), Choice("nothing is wrong with the proposal")), text)


def as_question(choices: Sequence[Choice], text: str) -> Hint:
    """A hint that cannot be approved before somebody has chosen; it shows its first choice's effect."""
    first = next(choice.hint for choice in choices if choice.hint is not None)
    return replace(first, operations=(), cases=(), near_misses=(), question=Question(text, tuple(choices)))


def _reaches_far(members: Sequence[Diagnosis], hint: Hint, sure: bool) -> bool:
    """Whether it teaches much, or moves a threshold for what was not said to be held back by it.

    Where no example does for one ticket, a threshold lets it through with others nobody spoke of.
    """
    if hint.kind == HELD_BACK:
        held = any(r.intervention.kind == HELD_BACK for m in members for r in m.readings[:1])
        return not (held or sure)
    return _teaches_much(hint.operations)


def _is_cut_off(members: Sequence[Diagnosis]) -> bool:
    """Whether it is said to be a leaf that nothing leads to, and not one that wants another way to it."""
    return any(r.intervention.kind == "add_edge" for m in members for r in m.readings[:1])


def _teaches_much(operations: Iterable[Operation]) -> bool:
    """More examples, new or moved, than a text can answer for; those beside a new edge hold its border."""
    names = [o.op for o in operations]
    return "add_edge" not in names and names.count("add_example") > MOST_TAUGHT


def _speaks_of(one: Diagnosis, hint: Hint) -> bool:
    """Whether somebody says what should come out, or a word of the condition or of what its cases expect."""
    if one.feedback.expected or one.feedback.reply:
        return True
    told = [o.args.get("to") for o in hint.operations] + [case.get("expect") for case in hint.cases]
    return not one.silent and bool(stems(one.feedback.comment) & stems(" ".join(_words_of(told))))


def _tests_more(operation: Operation) -> bool:
    """Whether a condition tests what it did not test before: not one turned, or with another value."""
    args = operation.args
    return operation.op == "set_condition" and bool(_paths(args.get("to")) - _paths(args.get("was")))


def _paths(condition: Any) -> set[str]:
    """Everything that a condition looks at."""
    if isinstance(condition, Mapping):
        own = {key for key in condition if "." in key}
        return own.union(*(_paths(inside) for key, inside in condition.items() if "." not in key))
    if isinstance(condition, list | tuple):
        return set().union(*map(_paths, condition))
    return set()


def _expects_leaf(members: Iterable[Diagnosis]) -> bool:
    return any("leaf" in (m.feedback.expected or {}) for m in members)


def _says_when(one: Diagnosis, hint: Hint) -> bool:
    """Whether somebody expects the reply, or a word of what was said is of the new branch's condition.

    What should come out does not tell when: for one ticket there is always some condition that holds.
    """
    branches = [o.args["branch"] for o in hint.operations if o.op == "add_branch"]
    if (one.feedback.expected or {}).get("reply") in [branch.get("reply") for branch in branches]:
        return True
    when = " ".join(_words_of([branch.get("when") for branch in branches]))
    return not one.silent and bool(stems(one.feedback.comment) & stems(when))


def _is_told(one: Diagnosis, hint: Hint) -> bool:
    """Whether what was said holds the outcome: the reply that is expected, or a word of the new branch."""
    outcomes = [
        o.args["branch" if o.op == "add_branch" else "to"] for o in hint.operations if o.op in FEW_TEXTS
    ]
    replies = [it.get("reply") if isinstance(it, Mapping) else it for it in outcomes]
    wished = (one.feedback.expected or {}).get("reply")
    if wished is not None and wished in replies:
        return True
    named = " ".join(_words_of(outcomes))
    return not one.silent and bool(stems(one.feedback.comment) & stems(named))


_STRUCTURE = frozenset(
    {"id", "when", "reply", "tools", "name", "args", "all", "any", "not", "in", "exists", "contains"}
)
"""Keys of every branch, that say nothing of this one."""


def _words_of(value: Any) -> Iterable[str]:
    """Every path and string of a branch, ids and paths split into words."""
    if isinstance(value, Mapping):
        for key, inside in value.items():
            if key not in _STRUCTURE:
                yield str(key).replace(".", " ").replace("_", " ")
            yield from _words_of(inside)
    elif isinstance(value, list | tuple):
        for inside in value:
            yield from _words_of(inside)
    elif isinstance(value, str):
        yield value.replace(".", " ").replace("_", " ")
