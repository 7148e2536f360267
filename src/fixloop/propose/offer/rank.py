"""In which order hints are read: what an engineer gains by a minute of reading.

Support times confidence times severity, by risk and reading effort. Of several versions of one fix the best
is read first and the others later; fixes come before questions, questions before what is only shown. What
stands at stake (`stakes`) raises the risk: a leaf few may change, and one whose cases would notice little.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log1p

from fixloop.hints.model import Hint
from fixloop.propose.offer.stakes import NO_STAKES, Stakes

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
"""What another hint for the same place, or for mostly the same rejections, is worth after the first."""

SETTLED: Mapping[str, float] = {"open": 0.0, "guarded": 0.25, "frozen": 1.0}
"""Risk by stability: a guarded leaf takes a second person's time, a frozen one a change of its own first."""

UNGUARDED = 0.5
"""Risk of a leaf whose cases would notice nothing, against the strength the gate asks for."""

WITHOUT_STAKES: Mapping[str, Stakes] = {}


def rank(hints: Sequence[Hint], stakes: Mapping[str, Stakes] = WITHOUT_STAKES) -> list[Hint]:
    """Best first: fixes, questions, "nothing to fix"; each by worth, and no ten versions of one fix.

    `stakes` is by hint id; what is not there is taken to risk nothing of that sort.
    """
    distinct = {hint.id: hint for hint in hints}
    known = {key: (*_sort(hint, stakes.get(key, NO_STAKES)), key) for key, hint in distinct.items()}
    seen: Counter[object] = Counter()
    placed = []
    for key in sorted(known, key=lambda key: known[key]):
        hint, (kind, worth, _) = distinct[key], known[key]
        placed.append((kind, worth * AGAIN ** _told_before(hint, kind, seen), key))
        seen.update([(kind, hint.step, hint.target), *((kind, one) for one in hint.evidence)])
    return [distinct[key] for *_, key in sorted(placed)]


def _told_before(hint: Hint, kind: int, seen: Mapping[object, int]) -> int:
    """How many better hints are for the same place, or rest on most of the same rejections."""
    shared = sorted(seen.get((kind, one), 0) for one in hint.evidence)
    # Of more than half of its rejections, so many better hints speak already.
    spoken = shared[(len(shared) - 1) // 2] if shared else 0
    return max(seen.get((kind, hint.step, hint.target), 0), spoken)


def _sort(hint: Hint, stakes: Stakes) -> tuple[int, float]:
    kind = 2 if hint.step == "none" else 0 if hint.operations else 1
    return kind, -round(worth_of(hint, stakes), 6)


def worth_of(hint: Hint, stakes: Stakes = NO_STAKES) -> float:
    """Support × confidence × severity ÷ (risk × reading effort)."""
    gain = hint.support * hint.confidence * severity_of(hint)
    return gain / (risk_of(hint, stakes) * effort_of(hint))


def severity_of(hint: Hint) -> float:
    """How bad it is to leave it as it is."""
    calls = any("tool" in operation.op for operation in hint.operations)
    return SEVERITY.get(hint.step, 1.0) * (CALLS_A_TOOL if calls else 1.0)


def risk_of(hint: Hint, stakes: Stakes = NO_STAKES) -> float:
    """1 for a fix of an open, well guarded leaf that moves only what it was asked to.

    More with every other stored ticket that moves, where it rests on one text, and by what is at stake.
    """
    at_stake = SETTLED[stakes.stability] + UNGUARDED * stakes.weakness
    if hint.measured is None:
        return 1.0 + at_stake
    beyond = max(0, hint.measured.moved - hint.measured.fixed)
    return 1.0 + log1p(beyond) / 2 + (0.5 if hint.one_off else 0.0) + at_stake


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
