"""Faults in plan trees: branches, their conditions, their order, their replies and their tool calls."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fixloop.mutants.mutant import Mutant, TreeEdit
from fixloop.mutants.trees import Site, is_sound, sites, with_branch, with_level
from fixloop.pipeline.conditions import describe
from fixloop.workspace.model import (
    All,
    AnyOf,
    Condition,
    Not,
    PlanTree,
    Test,
    Tool,
    ToolCall,
    Workspace,
)
from fixloop.workspace.text import shown

Found = Iterator[tuple[str, PlanTree]]
"""The fault in words, and the tree with it."""

_WIDER = {"gt": "gte", "lt": "lte"}
_TO_EXISTENCE = frozenset({"ne", "in", "not_in", "gte", "lte", "contains"})


def _operator(name: str, make: Callable[[Workspace, PlanTree, Site], Found]) -> Any:
    def mutants(workspace: Workspace, leaves: Collection[str]) -> Iterator[Mutant]:
        for leaf, tree in workspace.plan_trees.items():
            if leaves and leaf not in leaves:
                continue
            for site in sites(tree):
                for summary, faulty in make(workspace, tree, site):
                    if is_sound(faulty, workspace):
                        yield Mutant(
                            name, "plan", leaf, f"{tree.path}#{site.name}", summary, TreeEdit(faulty)
                        )

    return mutants


# --- branches -------------------------------------------------------------------------------------------


def _drop_branch(workspace: Workspace, tree: PlanTree, site: Site) -> Found:
    if site.branch.when is not None:
        level = [*site.level[: site.index], *site.level[site.index + 1 :]]
        yield f"branch {site.name} is gone", with_level(tree, site, level)


def _reorder_branch(workspace: Workspace, tree: PlanTree, site: Site) -> Found:
    """A branch before the one it follows; the default stays last."""
    if site.index > 0 and site.branch.when is not None:
        level = list(site.level)
        level[site.index - 1 : site.index + 1] = [level[site.index], level[site.index - 1]]
        before = replace(site, path=(*site.path[:-1], site.index - 1), branch=site.level[site.index - 1])
        yield f"branch {site.name} stands before {before.name}", with_level(tree, site, level)


# --- conditions -----------------------------------------------------------------------------------------


def _negate_condition(workspace: Workspace, tree: PlanTree, site: Site) -> Found:
    if site.branch.when is not None:
        opposite = _opposite(site.branch.when)
        yield (
            f"branch {site.name} asks {describe(opposite)}",
            with_branch(tree, site, lambda branch: replace(branch, when=opposite)),
        )


def _opposite(condition: Condition) -> Condition:
    if isinstance(condition, Not):
        return condition.part
    if isinstance(condition, Test) and condition.op == "exists":
        return replace(condition, value=not condition.value)
    return Not(condition)


def _widen_condition(workspace: Workspace, tree: PlanTree, site: Site) -> Found:
    """One part of "and" left out, a comparison that takes one value more, any value instead of some."""
    if site.branch.when is None:
        return
    for wider in _wider(site.branch.when):
        yield (
            f"branch {site.name} asks only {describe(wider)}",
            with_branch(tree, site, lambda branch, wider=wider: replace(branch, when=wider)),  # type: ignore[misc]
        )


def _wider(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, Test):
        yield from _wider_test(condition)
    elif isinstance(condition, All):
        for index in range(len(condition.parts) if len(condition.parts) > 1 else 0):
            left = (*condition.parts[:index], *condition.parts[index + 1 :])
            yield left[0] if len(left) == 1 else All(left)
    elif isinstance(condition, AnyOf):
        for index, part in enumerate(condition.parts):
            for wider in _wider(part):
                yield AnyOf((*condition.parts[:index], wider, *condition.parts[index + 1 :]))


def _wider_test(test: Test) -> Iterator[Condition]:
    if test.op in _WIDER:
        yield replace(test, op=_WIDER[test.op])
    elif test.op == "eq" and isinstance(test.value, int | float) and not isinstance(test.value, bool):
        yield replace(test, op="gte")
        yield replace(test, op="lte")
    elif test.op in _TO_EXISTENCE or test.op == "eq":
        yield Test(test.path, "exists", True)


# --- answers --------------------------------------------------------------------------------------------


def _swap_template(workspace: Workspace, tree: PlanTree, site: Site) -> Found:
    """The reply of another branch of the tree, as a slip would take it; else any other template."""
    reply = site.branch.reply
    if reply is None:
        return
    near = dict.fromkeys(one.branch.reply for one in sites(tree) if one.branch.reply not in (None, reply))
    others = [name for name in near if name] or [
        name for name in sorted(workspace.templates) if name != reply
    ]
    for other in others:
        faulty = with_branch(tree, site, lambda branch, other=other: replace(branch, reply=other))  # type: ignore[misc]
        if is_sound(faulty, workspace):
            yield f"branch {site.name} answers {other}", faulty
            return


def _drop_tool(workspace: Workspace, tree: PlanTree, site: Site) -> Found:
    for index, call in enumerate(site.branch.tools):
        yield f"branch {site.name} does not call {call.name}", _with_tools(tree, site, index, ())


def _swap_tool(workspace: Workspace, tree: PlanTree, site: Site) -> Found:
    """The first other tool that takes the same arguments."""
    for index, call in enumerate(site.branch.tools):
        others = (tool for name, tool in sorted(workspace.tools.items()) if name != call.name)
        other = next((tool for tool in others if _takes(tool, call.args)), None)
        if other is not None:
            calls = (ToolCall(other.name, call.args),)
            yield f"branch {site.name} calls {other.name}", _with_tools(tree, site, index, calls)


def _change_argument(workspace: Workspace, tree: PlanTree, site: Site) -> Found:
    for index, call in enumerate(site.branch.tools):
        tool = workspace.tools.get(call.name)
        for name in call.args:
            for args in _other_arguments(workspace, tool, call.args, name):
                said = f"{name} {shown(args[name])}" if name in args else f"no {name}"
                summary = f"branch {site.name} calls {call.name} with {said}"
                yield summary, _with_tools(tree, site, index, (ToolCall(call.name, args),))


def _with_tools(tree: PlanTree, site: Site, index: int, calls: Sequence[ToolCall]) -> PlanTree:
    tools = site.branch.tools
    return with_branch(
        tree, site, lambda branch: replace(branch, tools=(*tools[:index], *calls, *tools[index + 1 :]))
    )


def _takes(tool: Tool, args: Mapping[str, Any]) -> bool:
    properties = tool.args.get("properties", {})
    if set(tool.args.get("required", ())) - args.keys() or args.keys() - properties.keys():
        return False
    return all("enum" not in properties[name] or args[name] in properties[name]["enum"] for name in args)


def _other_arguments(
    workspace: Workspace, tool: Tool | None, args: Mapping[str, Any], name: str
) -> Iterator[dict[str, Any]]:
    schema = tool.args if tool else {}
    if name not in schema.get("required", ()):
        yield {key: value for key, value in args.items() if key != name}
    other = _other_value(workspace, args[name], schema.get("properties", {}).get(name, {}))
    if other is not None:
        yield {**args, name: other}


def _other_value(workspace: Workspace, value: Any, schema: Mapping[str, Any]) -> Any:
    """A value the tool takes just as well: another of its choices, another column, the next number."""
    if "enum" in schema:
        choices = schema["enum"]
        return next((one for one in choices if one != value), None)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return _other_column(workspace, value) if "{{" in value else f"{value} too"
    return None


def _other_column(workspace: Workspace, value: str) -> str | None:
    """The same text with the next column of the record's type in the place of the one it reads."""
    for source in workspace.fetch.sources.values():
        for column, kind in source.fields.items():
            if f"record.{column} " in value or f"record.{column}}}" in value:
                others = [one for one, other in source.fields.items() if other == kind and one != column]
                if others:
                    return value.replace(f"record.{column}", f"record.{others[0]}")
    return None


OPERATORS = {
    "drop a branch": _operator("drop a branch", _drop_branch),
    "reorder branches": _operator("reorder branches", _reorder_branch),
    "negate a condition": _operator("negate a condition", _negate_condition),
    "widen a condition": _operator("widen a condition", _widen_condition),
    "swap a template": _operator("swap a template", _swap_template),
    "swap a tool": _operator("swap a tool", _swap_tool),
    "drop a tool call": _operator("drop a tool call", _drop_tool),
    "change a tool argument": _operator("change a tool argument", _change_argument),
}
