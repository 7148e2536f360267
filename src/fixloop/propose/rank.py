"""In which order hints are read: what an engineer gains by a minute of reading.

Support times confidence times severity, by risk and reading effort. Of several versions of one fix the best
is read first and the others later; fixes come before questions, questions before what is only shown.
"""

from collections.abc import Mapping, Sequence
from math import log1p

from fixloop.hints.model import Hint

SEVERITY: Mapping[str, float] = {
    "fetch": 1.5,
    "plan": 1.3,
    "extraction": 1.1,
    "template": 1.0,
    "intent": 1.0,
    "eval_data": 0.8,
    "code": 0.8,
    "none": 0.1,
}
"""What it costs to leave it: another customer's record is worse than another wording."""

CALLS_A_TOOL = 1.3
"""Where tool calls change, something was done, or not done, for a customer."""

A_LINE = 0.15
"""Reading effort of an operation or a case, against that of the hint itself."""

AGAIN = 0.5
"""What another hint for the same place is worth, after the first."""


def rank(hints: Sequence[Hint]) -> list[Hint]:
    """Best first: fixes, questions, "nothing to fix"; each by worth, and no ten versions of one fix."""
    distinct = sorted({hint.id: hint for hint in hints}.values(), key=lambda h: (*_sort(h), h.id))
    seen: dict[tuple[int, str, str], int] = {}
    placed = []
    for hint in distinct:
        kind, worth = _sort(hint)
        place = (kind, hint.step, hint.target)
        placed.append((kind, worth * AGAIN ** seen.get(place, 0), hint.id, hint))
        seen[place] = seen.get(place, 0) + 1
    return [hint for *_, hint in sorted(placed, key=lambda one: one[:3])]


def _sort(hint: Hint) -> tuple[int, float]:
    kind = 2 if hint.step == "none" else 1 if hint.question else 0
    return kind, -round(worth_of(hint), 6)


def worth_of(hint: Hint) -> float:
    """Support × confidence × severity ÷ (risk × reading effort)."""
    return hint.support * hint.confidence * severity_of(hint) / (risk_of(hint) * effort_of(hint))


def severity_of(hint: Hint) -> float:
    """How bad it is to leave it as it is."""
    calls = any("tool" in operation.op for operation in hint.operations)
    return SEVERITY.get(hint.step, 1.0) * (CALLS_A_TOOL if calls else 1.0)


def risk_of(hint: Hint) -> float:
    """1 for a fix that moves only what it was asked to; more with every other stored ticket that moves."""
    if hint.measured is None:
        return 1.0
    beyond = max(0, hint.measured.moved - hint.measured.fixed)
    return 1.0 + log1p(beyond) / 2 + (0.5 if hint.one_off else 0.0)


def effort_of(hint: Hint) -> float:
    """How long it takes to read: its operations, its cases, its near misses."""
    lines = len(hint.operations) + (len(hint.cases) + len(hint.near_misses)) / 4
    return 1.0 + A_LINE * lines


def with_conflicts(hints: Sequence[Hint]) -> list[Hint]:
    """Hints that contradict each other name each other: same target, other ways, both with support."""
    from dataclasses import replace

    found: dict[tuple[str, str], list[Hint]] = {}
    for hint in hints:
        if hint.step != "none" and hint.operations:
            found.setdefault((hint.step, hint.target), []).append(hint)
    rivals = {
        hint.id: tuple(sorted(one.id for one in group if one.id != hint.id and _contradict(hint, one)))
        for group in found.values()
        for hint in group
    }
    return [replace(hint, conflicts=rivals[hint.id]) if rivals.get(hint.id) else hint for hint in hints]


def _contradict(a: Hint, b: Hint) -> bool:
    """Whether two hints want different things of one place: the same thing set to two values."""
    return any(_same_key(x.args, y.args) and x.op == y.op for x in a.operations for y in b.operations)


def _same_key(a: Mapping[str, object], b: Mapping[str, object]) -> bool:
    """Whether two operations change one thing, and not to the same."""
    keys = ("at", "signal", "field", "leaf", "branch", "template", "tool", "arg", "language")
    named = [key for key in keys if key in a or key in b]
    same = all(a.get(key) == b.get(key) for key in named if key != "branch" or isinstance(a.get(key), str))
    return same and "to" in a and "to" in b and a["to"] != b["to"]
