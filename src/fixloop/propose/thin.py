"""Fixes that reach further than what they rest on: asked about, not named.

One rejection says that something is wrong with one ticket. A fix that teaches a leaf many examples or gives a
tree another branch moves tickets nobody spoke of. Where one text is all there is, somebody has to have said
what should have come out, in `expected` or in the words of that very outcome.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from fixloop.hints.model import Hint
from fixloop.hints.operation import Operation
from fixloop.propose.diagnose import Diagnosis
from fixloop.propose.words import stems

MOST_TAUGHT = 3
"""Examples that one text can answer for."""


def is_thin(members: Sequence[Diagnosis], hint: Hint) -> bool:
    """Whether a fix rests on one text and nobody has said that it is what should happen."""
    own = [m for m in members if m.feedback.id in hint.evidence]
    if len({m.feedback.text_digest for m in own}) != 1:
        return False
    if hint.step == "intent":
        return _teaches_much(hint.operations) and not _expects_leaf(own)
    if hint.kind == "add_branch":
        return not any(_is_told(m, hint) for m in own)
    return False


def _teaches_much(operations: Iterable[Operation]) -> bool:
    """More new examples than a text can answer for; examples that only move are known already."""
    names = [o.op for o in operations]
    return "remove_example" not in names and names.count("add_example") > MOST_TAUGHT


def _expects_leaf(members: Iterable[Diagnosis]) -> bool:
    return any("leaf" in (m.feedback.expected or {}) for m in members)


def _is_told(one: Diagnosis, hint: Hint) -> bool:
    """Whether what was said holds the outcome: `expected`, a whole reply, or a word of the new branch."""
    said = one.feedback
    if said.expected or said.reply:
        return True
    named = " ".join(_words_of([o.to_json() for o in hint.operations]))
    return not one.silent and bool(stems(said.comment) & stems(named))


def _words_of(value: Any) -> Iterable[str]:
    """Every key and string of a branch, ids and paths split into words."""
    if isinstance(value, dict):
        for key, inside in value.items():
            yield str(key).replace(".", " ").replace("_", " ")
            yield from _words_of(inside)
    elif isinstance(value, list | tuple):
        for inside in value:
            yield from _words_of(inside)
    elif isinstance(value, str):
        yield value.replace(".", " ").replace("_", " ")
