"""One fix is told once: hints of one run that come to the same, or of which only one could land."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fixloop.hints.ids import canonical_json
from fixloop.hints.model import Hint


def joined(hints: Sequence[Hint]) -> list[Hint]:
    """The hints, those that came to the same operations as one that rests on all of their evidence."""
    found: dict[Any, Hint] = {}
    for number, hint in enumerate(hints):
        key = canonical_json([o.to_json() for o in hint.operations]) if hint.operations else number
        same = found.get(key)
        found[key] = _both(same, hint) if same else hint
    return list(found.values())


def moved_once(hints: Sequence[Hint]) -> list[Hint]:
    """The hints but for those that move an example which one that rests on more moves already.

    Only one of them could land. What the other rests on is read again, when the first has.
    """
    moving = sorted((one for one in hints if _moves(one)), key=lambda one: -one.support)
    taken: set[tuple[str, str]] = set()
    late: set[str] = set()
    for one in moving:
        if taken & _moves(one):
            late.add(one.id)
        else:
            taken |= _moves(one)
    return [one for one in hints if one.id not in late]


def _moves(hint: Hint) -> set[tuple[str, str]]:
    """The examples that a fix takes out of a leaf."""
    out = (one.args for one in hint.operations if one.op == "remove_example")
    return {(str(args["leaf"]), str(args["text"])) for args in out}


def _both(one: Hint, other: Hint) -> Hint:
    """One hint of two that came to the same operations: what each was measured on is evidence of it."""
    new = {*other.evidence} - {*one.evidence}
    measured = one.measured
    if measured and other.measured:
        more = min(other.measured.fixed, len(new))
        measured = replace(measured, fixed=measured.fixed + more, evidence_of=measured.evidence_of + len(new))
    evidence = tuple(sorted({*one.evidence, *new}))
    return replace(one, evidence=evidence, measured=measured, one_off=False)
