"""Which regressions block a change (DESIGN 7). Pure rules over comparisons; the gate says what follows."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from fixloop.evals.case import Case
from fixloop.evals.compare import Comparison

PROTECTED_SUITES = frozenset({"extraction", "fetch", "plan", "pipeline", "known_good"})
SMALL_LEAF = 20
"""From this many cases on, a leaf may lose one net and no more."""


class Block(NamedTuple):
    """A reason not to merge: the rule, the cases that show it, in words."""

    suite: str
    rule: str
    cases: tuple[str, ...]
    detail: str


def is_protected(case: Case) -> bool:
    """Whether a regression of this one case is reason enough."""
    return case.suite in PROTECTED_SUITES or case.spec.get("protect") is True


def blocks(
    comparisons: Mapping[str, Comparison], cases: Mapping[str, Case], max_intent_flips: float
) -> tuple[Block, ...]:
    """Every reason in the comparisons, suite by suite; `cases` are the base's, by id."""
    found: list[Block] = []
    for comparison in comparisons.values():
        found += _protected(comparison, cases)
        if comparison.suite == "intent":
            found += _intent(comparison, cases, max_intent_flips)
    return tuple(found)


def _protected(comparison: Comparison, cases: Mapping[str, Case]) -> list[Block]:
    lost = tuple(i for i in comparison.regressions if is_protected(cases[i]))
    if not lost:
        return []
    detail = f"{_count(lost, 'protected case')} passed before and no longer" if len(lost) == 1 else ""
    detail = detail or f"{_count(lost, 'protected case')} passed before and no longer do"
    return [Block(comparison.suite, "protected", lost, detail)]


def _intent(comparison: Comparison, cases: Mapping[str, Case], max_flips: float) -> list[Block]:
    """Texts trade places when a classifier learns; what counts is the balance, and that it hides nothing."""
    lost, aligned = comparison.regressions, comparison.aligned
    found: list[Block] = []
    if comparison.net < 0:
        detail = f"{len(lost)} lost against {len(comparison.gains)} gained"
        found.append(Block("intent", "net", lost, detail))
    if len(lost) > max_flips * aligned:
        detail = f"{len(lost)} of {aligned} cases lost; at most {max_flips:.2%} may be"
        found.append(Block("intent", "flips", lost, detail))
    return found + _leaves(comparison, cases)


def _leaves(comparison: Comparison, cases: Mapping[str, Case]) -> list[Block]:
    """Leaves of 20 cases and more that lose more than one net; smaller ones move by chance alone."""
    sizes = Counter(case.expect for case in cases.values() if case.suite == "intent")
    nets = Counter(cases[i].expect for i in comparison.gains)
    nets.subtract(cases[i].expect for i in comparison.regressions)
    found: list[Block] = []
    for leaf in sorted(leaf for leaf, net in nets.items() if net < -1 and sizes[leaf] >= SMALL_LEAF):
        lost = tuple(i for i in comparison.regressions if cases[i].expect == leaf)
        found.append(Block("intent", "leaf", lost, f"{leaf} loses {-nets[leaf]} net of {sizes[leaf]} cases"))
    return found


def _count(items: tuple[str, ...], what: str) -> str:
    return f"1 {what}" if len(items) == 1 else f"{len(items)} {what}s"
