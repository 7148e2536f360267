"""Whether the cases would notice a mistake where the fix works: faults in the leaves it reaches."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fixloop.evals.case import WHOLE_TICKETS, Case
from fixloop.feedback.model import Feedback
from fixloop.feedback.replays import distinct_tickets
from fixloop.gate.reach import reached_leaves
from fixloop.gate.side import Side
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import PASS, SKIP, Check
from fixloop.mutants.measure import Measure
from fixloop.mutants.operators import find_mutants
from fixloop.mutants.report import Score, score_of
from fixloop.mutants.watch import build_watch
from fixloop.pipeline.reads import digest
from fixloop.workspace.code import code_digest
from fixloop.workspace.model import Branch, Workspace

MOST_LEAVES = 8
"""A fix that reaches more is wide, and says so instead of taking long."""

MOST_MUTANTS = 200
MOST_TICKETS = 100
"""Of each kind a leaf, by id: cases of whole tickets, and stored tickets. Plan cases are all asked."""

_KIND = "guard"


@dataclass(frozen=True, slots=True)
class _Guard:
    """One leaf's score, and what nobody would notice in it."""

    leaf: str
    score: Score
    survivors: tuple[str, ...]


def check(trial: Trial) -> Check:
    """Faults in the plan trees of the reached leaves, against the base's cases and those of the fix.

    A weak guard is a warning; only a merge without a person's hand asks for more.
    """
    leaves = _leaves(trial)
    if not leaves:
        return Check("guard_strength", SKIP, "no plan tree is reached")
    chosen = leaves[:MOST_LEAVES]
    guards = _measured(trial, chosen)
    least = trial.base.workspace.config.gate.min_guard_strength
    weak = [guard for guard in guards if not guard.score.meets(least)]
    rest = (
        f"; {len(leaves) - len(chosen)} more leaves are reached and not measured" if leaves != chosen else ""
    )
    if not weak:
        told = ", ".join(_told(guard) for guard in guards)
        return Check("guard_strength", PASS, f"{told}{rest}", warns=bool(rest))
    told = ", ".join(_told(guard) for guard in weak)
    detail = (
        f"weak guard, below {least:.0%}: {told}{rest}; fixloop guard {' '.join(one.leaf for one in weak)}"
    )
    shown = [one for guard in weak for one in guard.survivors]
    return Check("guard_strength", PASS, detail, tuple(shown[:10]), warns=True)


def _told(guard: _Guard) -> str:
    score = guard.score
    if score.effective is None:
        return f"{guard.leaf}: of {score.mutants} faults none shows on any case"
    unseen = f" ({score.unseen} show nowhere)" if score.unseen else ""
    return f"{guard.leaf} catches {score.killed} of {score.mutants - score.unseen} faults that show{unseen}"


# --- which leaves ---------------------------------------------------------------------------------------


def _leaves(trial: Trial) -> list[str]:
    result = trial.result.workspace
    if trial.fixes:
        found = {leaf for hint in trial.fixes for leaf in reached_leaves(hint, trial.base.workspace)}
    else:
        found = _changed(trial.base.workspace, result)
    return sorted(leaf for leaf in found if leaf in result.plan_trees)


def _changed(base: Workspace, result: Workspace) -> set[str]:
    """The leaves whose tree, examples or templates a person's branch changes."""
    edited = {name for name, one in result.templates.items() if base.templates.get(name) != one}
    return {
        leaf
        for leaf, tree in result.plan_trees.items()
        if base.plan_trees.get(leaf) != tree
        or base.examples.get(leaf) != result.examples.get(leaf)
        or (edited and not edited.isdisjoint(_replies(tree.branches)))
    }


def _replies(branches: Iterable[Branch]) -> set[str]:
    found: set[str] = set()
    for branch in branches:
        found |= {branch.reply or "", *_replies(branch.branches)}
    return found


# --- measuring, or reading what was measured ------------------------------------------------------------


def _measured(trial: Trial, leaves: list[str]) -> list[_Guard]:
    ways = _ways(trial)
    cases = (*trial.base.cases, *trial.new_cases)
    stored = distinct_tickets(trial.stored)
    most = max(1, MOST_MUTANTS // len(leaves))
    return [_of_leaf(trial.result, leaf, cases, ways, stored, most) for leaf in leaves]


def _ways(trial: Trial) -> Mapping[str, str]:
    """Which leaf each case of a whole ticket gets on the result, as its results tell."""
    reports = [trial.after, *([trial.result.evaluate(trial.new_cases)] if len(trial.new_cases) else [])]
    return {
        result.id: result.trace["way"][0]
        for report in reports
        for suite, whole in report.suites.items()
        if suite in WHOLE_TICKETS
        for result in whole.results
        if result.trace.get("way")
    }


def _of_leaf(
    side: Side,
    leaf: str,
    cases: Iterable[Case],
    ways: Mapping[str, str],
    stored: Iterable[Feedback],
    most: int,
) -> _Guard:
    plans = [case for case in cases if case.suite == "plan" and case.spec["leaf"] == leaf]
    whole = sorted((case for case in cases if ways.get(case.id) == leaf), key=lambda case: case.id)
    tickets = sorted((one for one in stored if one.proposal.get("leaf") == leaf), key=lambda one: one.id)
    chosen, seen = [*plans, *whole[:MOST_TICKETS]], tickets[:MOST_TICKETS]
    key = _key(side, leaf, chosen, seen, most)
    known = _known(leaf, side.cache.load(_KIND, key) if key else None)
    if known is not None:
        return known
    found = _tried(side, leaf, chosen, seen, most)
    if key:
        side.cache.save(_KIND, key, json.dumps([_counts(found.score), found.survivors]).encode())
    return found


def _tried(side: Side, leaf: str, cases: list[Case], stored: list[Feedback], most: int) -> _Guard:
    leaf_of = dict.fromkeys([*(case.id for case in cases), *(one.id for one in stored)], leaf)
    watch = build_watch(side.workspace, side.pipeline, cases, stored, leaf_of)
    mutants = find_mutants(side.workspace, leaves=(leaf,), steps=("plan",), most=most)
    outcomes = [one.outcome for one in Measure(watch).run(mutants)]
    survivors = tuple(f"{one.mutant.target}: {one.mutant.summary}" for one in outcomes if one.survived)
    return _Guard(leaf, score_of(outcomes, watch.watching.get(leaf, 0)), survivors)


def _key(side: Side, leaf: str, cases: list[Case], stored: list[Feedback], most: int) -> str:
    """All that a leaf's strength depends on; "" where that cannot be known."""
    reads, workspace = side.pipeline.reads, side.workspace
    ways = [reads.way(leaf, (), live) for live in (True, False)]
    if None in ways:
        return ""
    facts = [
        code_digest("mutants"),
        most,
        [*ways, reads.tree(leaf)],
        [repr(workspace.templates), repr(workspace.tools), repr(workspace.fetch.sources)],
        sorted(case.digest for case in cases),
        [one.id for one in stored],
    ]
    return digest(_KIND, facts)


def _counts(score: Score) -> list[int]:
    return [score.mutants, score.killed, score.unseen, score.cases]


def _known(leaf: str, data: bytes | None) -> _Guard | None:
    try:
        counts, survivors = json.loads(data or b"")
        return _Guard(leaf, Score(*map(int, counts)), tuple(map(str, survivors)))
    except (ValueError, TypeError):  # a damaged cache entry counts as absent
        return None
