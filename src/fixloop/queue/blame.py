"""Why a fix is refused that was right when this run began: which fix that landed before it is in its way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from fixloop.errors import FixloopError
from fixloop.gate.judge import judge
from fixloop.gate.verdict import Verdict
from fixloop.hints.model import Hint
from fixloop.queue.ground import Ground
from fixloop.queue.rebuild import rebuild
from fixloop.queue.trial import tree_trial


@dataclass(frozen=True, slots=True)
class Landing:
    """A fix that landed in this run: its commit, and the one below it."""

    id: str
    base: str
    commit: str


def explain(ground: Ground, hint: Hint, verdict: Verdict, landings: Sequence[Landing]) -> str:
    """What to add to the reason of a refusal; empty where the fix would have failed before this run too.

    The pair is found by halving the commits of this run: below the one that is named the fix passes.
    """
    if not landings or _is_balance(verdict):
        return ""

    @cache
    def passes(commits: int) -> bool:
        base = landings[commits - 1].commit if commits else landings[0].base
        return _passes_on(ground, hint, base)

    if not passes(0):
        return ""
    good, bad = 0, len(landings)
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if passes(middle) else (good, middle)
    other = landings[bad - 1].id
    return f"; {other}, which landed before it in this run, and this fix are each right alone, not together"


def _is_balance(verdict: Verdict) -> bool:
    """Whether only the balance of the intent suite says no: that is a matter of many fixes, not of a pair."""
    first = verdict.failures[0]
    lost = verdict.suites["intent"].regressions if "intent" in verdict.suites else ()
    return first.id == "regressions" and bool(first.evidence) and set(first.evidence) <= set(lost)


def _passes_on(ground: Ground, hint: Hint, base: str) -> bool:
    try:
        edits = rebuild(ground.tree(base), hint)
    except FixloopError:
        return False
    if not edits:
        return False
    tree = ground.repo.write_tree(ground.repo.tree_of(base), edits)
    trial = tree_trial(ground, base, base, tree, hint)
    return judge(replace(trial, held_out_later=True)).passed
