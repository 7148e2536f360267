"""Which leaves a hint reaches, and what their stability asks for."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fixloop.evals.case import Case
from fixloop.evals.case_ids import folded_id
from fixloop.evals.splits import expected_leaf
from fixloop.gate.verdict import PASS, Verdict
from fixloop.hints.ledger import HintState
from fixloop.hints.model import Hint
from fixloop.workspace.model import Branch, Workspace

if TYPE_CHECKING:
    from fixloop.gate.trial import Trial

WIDE = frozenset(
    {"set_weight", "add_signal", "remove_signal", "set_threshold", "add_pattern", "remove_pattern"}
) | {
    "add_value",
    "set_variants",
}
"""Operations every leaf could feel: what counts for them is where stored tickets moved."""


def reached_leaves(hint: Hint, workspace: Workspace) -> frozenset[str]:
    """The leaves a hint's operations name, those whose template they edit, and those whose tickets move."""
    from fixloop.fixes.apply import touched_leaves  # a person's change has no operations to read

    named = [operation for operation in hint.operations if operation.op not in WIDE]
    moved = {place.split("/", 1)[0] for place in (*hint.moves.from_, *hint.moves.to)}
    return frozenset(map(str, touched_leaves(named, workspace))) | moved


def changed_leaves(trial: "Trial") -> frozenset[str]:
    """Leaves with a plan tree on both sides whose tree, template texts or examples a change touches."""
    base, result = trial.base.workspace, trial.result.workspace
    common = base.plan_trees.keys() & result.plan_trees.keys()
    if all(path.startswith("evals/") for path in trial.changes):
        return frozenset()
    templates = {
        name
        for name in base.templates.keys() & result.templates.keys()
        if base.templates[name] != result.templates[name]
    }
    return frozenset(
        leaf
        for leaf in common
        if base.plan_trees[leaf] != result.plan_trees[leaf]
        or base.examples.get(leaf) != result.examples.get(leaf)
        or templates & _replies(base.plan_trees[leaf].branches)
    )


def _replies(branches: Iterable[Branch]) -> frozenset[str]:
    found = frozenset(branch.reply for branch in branches if branch.reply is not None)
    return found.union(*(_replies(branch.branches) for branch in branches))


def leaf_of(case: Case) -> str | None:
    """The leaf a case is about, where it says one."""
    if case.suite == "plan":
        return str(case.spec["leaf"])
    return expected_leaf(case)


def approvals_needed(hint: Hint, workspace: Workspace) -> int:
    """Two people where a guarded leaf is reached, else one."""
    stabilities = _stabilities(reached_leaves(hint, workspace), workspace)
    return 2 if "guarded" in stabilities.values() else 1


def approvals_missing(hint: Hint, state: HintState, workspace: Workspace) -> int:
    """How many people have still to approve this very hint."""
    people = state.approved_by if state.approved_digest == hint.digest else ()
    # Two spellings of a name that look alike are one person.
    return max(0, approvals_needed(hint, workspace) - len({folded_id(one) for one in people}))


def frozen_leaves(hint: Hint, workspace: Workspace) -> tuple[str, ...]:
    """The frozen leaves among those reached."""
    stabilities = _stabilities(reached_leaves(hint, workspace), workspace)
    return tuple(sorted(leaf for leaf, stability in stabilities.items() if stability == "frozen"))


def _stabilities(leaves: frozenset[str], workspace: Workspace) -> dict[str, str]:
    trees = workspace.plan_trees
    return {leaf: trees[leaf].stability for leaf in leaves if leaf in trees}


def risks(hint: Hint, verdict: Verdict, workspace: Workspace) -> tuple[str, ...]:
    """Why a passing fix is not `low_risk`; empty means that it may be merged without asking again."""
    reached = reached_leaves(hint, workspace)
    closed = sorted(
        leaf for leaf, stability in _stabilities(reached, workspace).items() if stability != "open"
    )
    effects = sorted(_side_effects(reached, workspace) | _side_effects_of(hint, workspace))
    passed = {check.id for check in verdict.checks if check.status == PASS}
    found = [f"reaches {leaf}, which is not open" for leaf in closed]
    found += [f"reaches {tool}, which has side effects" for tool in effects]
    found += ["rests on one rejection"] if hint.one_off else []
    found += [
        f"{check} was not asked" for check in ("guard_strength", "held_out", "drift") if check not in passed
    ]
    found += [f"{check.id}: {check.detail}" for check in verdict.checks if check.warns]
    return tuple(found)


def _side_effects(leaves: frozenset[str], workspace: Workspace) -> frozenset[str]:
    trees = (workspace.plan_trees[leaf] for leaf in leaves if leaf in workspace.plan_trees)
    return frozenset(
        tool for tree in trees for branch in tree.branches for tool in _effects(branch, workspace)
    )


def _effects(branch: Branch, workspace: Workspace) -> frozenset[str]:
    own = {call.name for call in branch.tools if call.name in workspace.tools}
    own = {name for name in own if workspace.tools[name].side_effects}
    return frozenset(own).union(*(_effects(below, workspace) for below in branch.branches))


def _side_effects_of(hint: Hint, workspace: Workspace) -> frozenset[str]:
    """Side-effect tools that the operations bring in."""
    said = " ".join(operation.canonical_json() for operation in hint.operations)
    return frozenset(
        name for name, tool in workspace.tools.items() if tool.side_effects and f'"{name}"' in said
    )
