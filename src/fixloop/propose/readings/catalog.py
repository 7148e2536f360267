"""What there is to force in a workspace: every action and call, what is left unused, what hangs loose."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from fixloop.hints.ids import canonical_json
from fixloop.propose.readings.actions import Action, all_actions, decides, usual_actions
from fixloop.propose.words.spelt import required, usual_argument
from fixloop.workspace.model import IntentDag, ToolCall, Workspace


@dataclass(frozen=True, slots=True)
class Catalog:
    """What there is to force in a workspace, worked out once for all rejections.

    `own` are the actions of each leaf's tree, `usual` those of all trees by (reply, tool names), and every
    template that no tree uses; `calls` the distinct calls of each tool, most used first; `parents` of each
    leaf and `children` of each parent as the DAG has them; `trees` counts the trees with a key of `usual`
    that decide anything; `cut_off` are the leaves that no way from the root leads to, each with the intent at
    the top of what hangs loose; `callers` are the leaves that call each tool, `called_with` the replies.
    """

    workspace: Workspace
    own: Mapping[str, tuple[Action, ...]]
    usual: Mapping[tuple[str, tuple[str, ...]], Action]
    calls: Mapping[str, tuple[ToolCall, ...]]
    unused: frozenset[str]
    parents: Mapping[str, tuple[str, ...]]
    children: Mapping[str, tuple[str, ...]]
    trees: Mapping[tuple[str, tuple[str, ...]], int]
    cut_off: Mapping[str, str]
    callers: Mapping[str, frozenset[str]]
    called_with: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, workspace: Workspace) -> "Catalog":
        """The catalog of a workspace."""
        own = all_actions(workspace)
        usual = usual_actions(own)
        used = {reply for reply, _ in usual} | {workspace.config.fallback_reply}
        unused = frozenset(name for name in workspace.templates if name not in used)
        spare: dict[tuple[str, tuple[str, ...]], Action] = {
            (name, ()): Action(name) for name in sorted(unused)
        }
        calls: dict[str, Counter[str]] = {}
        for actions in own.values():
            for action in actions:
                for call in action.tools:
                    calls.setdefault(call.name, Counter())[canonical_json(dict(call.args))] += 1
        return cls(
            workspace,
            own,
            {**usual, **spare},
            {name: _distinct_calls(name, counts) for name, counts in calls.items()},
            unused,
            {str(leaf): workspace.intents.parents_of(leaf) for leaf in workspace.intents.all_leaves},
            workspace.intents.children,
            Counter(
                action.deed
                for leaf, actions in own.items()
                if decides(workspace.plan_trees[leaf])
                for action in actions
            ),
            cut_off_leaves(workspace.intents),
            _by_tool((tool, leaf) for leaf, actions in own.items() for a in actions for tool in a.tool_names),
            _by_tool((tool, a.reply) for actions in own.values() for a in actions for tool in a.tool_names),
        )

    def left_over(self, tool: str) -> float:
        """How much says of a tool that nothing calls it: one of several that nothing calls says less."""
        return 0.0 if tool in self.calls else 1 / len(self.uncalled)

    @property
    def uncalled(self) -> tuple[str, ...]:
        """The tools that nothing calls."""
        return tuple(tool for tool in self.workspace.tools if tool not in self.calls)

    def other_arguments(self, call: ToolCall) -> Iterator[ToolCall]:
        """The call with one argument as another call has it, as its schema allows, or from another column."""
        known = [one.args for one in self.calls.get(call.name, ())]
        schema = (
            self.workspace.tools[call.name].args.get("properties", {})
            if call.name in self.workspace.tools
            else {}
        )
        for arg in sorted({*call.args, *schema}):
            values = [args[arg] for args in known if arg in args]
            values += schema.get(arg, {}).get("enum", ())
            if arg in self._columns:
                values.append(f"{{{{ record.{arg} }}}}")
            present = canonical_json(call.args.get(arg))
            distinct = {canonical_json(value): value for value in values}
            for name in sorted(distinct):
                if name != present:
                    yield ToolCall(call.name, {**call.args, arg: distinct[name]})

    @property
    def _columns(self) -> frozenset[str]:
        sources = self.workspace.fetch.sources.values()
        return frozenset(column for source in sources for column in (*source.fields, source.id))


def _by_tool(found: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Each tool with all that stands beside it."""
    beside: dict[str, set[str]] = {}
    for tool, what in found:
        beside.setdefault(tool, set()).add(what)
    return {tool: frozenset(names) for tool, names in beside.items()}


def cut_off_leaves(dag: IntentDag) -> dict[str, str]:
    """The leaves that no way from the root leads to, each with the topmost intent above it."""
    reached, waiting = set[str](), ["root"]
    while waiting:
        below = [one for one in dag.children.get(waiting.pop(), ()) if one not in reached]
        reached.update(below)
        waiting += below
    return {str(leaf): _topmost(dag, leaf) for leaf in dag.leaves if leaf not in reached}


def _topmost(dag: IntentDag, leaf: str) -> str:
    """The intent that has no parent any more, above a leaf that is cut off."""
    climbed = [leaf]
    while above := [one for one in dag.parents_of(climbed[-1]) if one not in climbed]:
        climbed.append(above[0])
    return climbed[-1]


def _distinct_calls(name: str, counts: Counter[str]) -> tuple[ToolCall, ...]:
    import json

    return tuple(
        ToolCall(name, json.loads(one)) for one in sorted(counts, key=lambda one: (-counts[one], one))
    )


def usual_call(tool: str, catalog: Catalog) -> ToolCall | None:
    """How the workspace calls a tool, else a call with what it cannot do without, as other tools get it."""
    if tool in catalog.calls:
        return catalog.calls[tool][0]
    workspace = catalog.workspace
    given = {name: usual_argument(workspace, catalog.calls, name) for name in required(workspace, tool)}
    return ToolCall(tool, {name: found[0] for name, found in given.items()}) if all(given.values()) else None
