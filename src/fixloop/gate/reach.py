"""Which leaves a hint reaches, and what their stability asks for."""

from fixloop.fixes.apply import touched_leaves
from fixloop.hints.model import Hint
from fixloop.workspace.model import Workspace

WIDE = frozenset(
    {"set_weight", "add_signal", "remove_signal", "set_threshold", "add_pattern", "remove_pattern"}
) | {
    "add_value",
    "set_variants",
}
"""Operations every leaf could feel: what counts for them is where stored tickets moved."""


def reached_leaves(hint: Hint, workspace: Workspace) -> frozenset[str]:
    """The leaves a hint's operations name, those whose template they edit, and those whose tickets move."""
    named = [operation for operation in hint.operations if operation.op not in WIDE]
    moved = {place.split("/", 1)[0] for place in (*hint.moves.from_, *hint.moves.to)}
    return frozenset(map(str, touched_leaves(named, workspace))) | moved


def approvals_needed(hint: Hint, workspace: Workspace) -> int:
    """Two people where a guarded leaf is reached, else one."""
    stabilities = _stabilities(reached_leaves(hint, workspace), workspace)
    return 2 if "guarded" in stabilities.values() else 1


def frozen_leaves(hint: Hint, workspace: Workspace) -> tuple[str, ...]:
    """The frozen leaves among those reached."""
    stabilities = _stabilities(reached_leaves(hint, workspace), workspace)
    return tuple(sorted(leaf for leaf, stability in stabilities.items() if stability == "frozen"))


def _stabilities(leaves: frozenset[str], workspace: Workspace) -> dict[str, str]:
    trees = workspace.plan_trees
    return {leaf: trees[leaf].stability for leaf in leaves if leaf in trees}
