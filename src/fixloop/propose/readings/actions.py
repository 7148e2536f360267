"""What a branch of a plan tree does: its reply and its calls, in a tree and in all trees."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fixloop.hints.ids import canonical_json
from fixloop.workspace.model import Branch, PlanTree, ToolCall, Workspace


@dataclass(frozen=True, slots=True)
class Action:
    """What a branch does: a template and tool calls."""

    reply: str
    tools: tuple[ToolCall, ...] = ()

    def __hash__(self) -> int:
        return hash(canonical_json(self.to_json()))

    def to_json(self) -> dict[str, Any]:
        """As a branch has it."""
        return {"reply": self.reply, "tools": [{"name": t.name, "args": dict(t.args)} for t in self.tools]}

    @property
    def tool_names(self) -> tuple[str, ...]:
        """The tools' names, sorted."""
        return tuple(sorted(tool.name for tool in self.tools))

    @property
    def deed(self) -> tuple[str, tuple[str, ...]]:
        """Its reply and its tools' names: what it does, whatever it calls them with."""
        return self.reply, self.tool_names


def all_actions(workspace: Workspace) -> dict[str, tuple[Action, ...]]:
    """Leaf to the distinct actions of its tree, in order."""
    return {leaf: _tree_actions(tree) for leaf, tree in workspace.plan_trees.items()}


def flat_branches(branches: Sequence[Branch]) -> Iterator[Branch]:
    """Every answering branch, nested ones included, in order."""
    for branch in branches:
        if branch.branches:
            yield from flat_branches(branch.branches)
        else:
            yield branch


def decides(tree: PlanTree) -> bool:
    """Whether a tree ever answers in more than one way."""
    return len(list(flat_branches(tree.branches))) > 1


def usual_actions(actions: Mapping[str, Sequence[Action]]) -> dict[tuple[str, tuple[str, ...]], Action]:
    """Each (reply, tool names) with the arguments most trees give it, ties by their canonical form."""
    counts: dict[tuple[str, tuple[str, ...]], Counter[Action]] = {}
    for leaf in sorted(actions):
        for action in actions[leaf]:
            counts.setdefault(action.deed, Counter())[action] += 1
    return {
        key: min(found, key=lambda action: (-found[action], canonical_json(action.to_json())))
        for key, found in sorted(counts.items())
    }


def _tree_actions(tree: PlanTree) -> tuple[Action, ...]:
    found = (Action(branch.reply, branch.tools) for branch in flat_branches(tree.branches) if branch.reply)
    kept: dict[tuple[str, tuple[str, ...]], Action] = {}
    for action in found:
        kept.setdefault(action.deed, action)
    return tuple(kept.values())
