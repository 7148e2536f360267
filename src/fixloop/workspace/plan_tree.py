"""Plan trees as YAML values and as types: conditions, branches, and the ids of branches without one.

A condition maps a path to a value or to {op: value, ...}; several keys must all hold. Also `not: condition`,
`any: [condition, ...]`, and `all: [condition, ...]` for what one mapping cannot say (two alternations, or one
operator twice on one path).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fixloop.errors import BadInput
from fixloop.workspace.model import (
    All,
    AnyOf,
    Branch,
    Condition,
    LeafId,
    Not,
    PlanTree,
    Test,
    ToolCall,
)
from fixloop.workspace.problems import Report, below
from fixloop.workspace.text import did_you_mean, named, shown
from fixloop.workspace.yaml_source import KeyPath

if TYPE_CHECKING:
    from fixloop.workspace.plain import PlainBranch, PlainTree
    from fixloop.workspace.schema import BranchFile, PlanTreeFile

OPERATORS = ("eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "contains", "exists")
ORDERING = frozenset(("gt", "gte", "lt", "lte"))
MEMBERSHIP = frozenset(("in", "not_in"))
GROUPS = ("any", "all", "not")
DEFAULT = "default"
"""How an operation names the branch without a condition; no other branch may take the id."""


# --- conditions from values -----------------------------------------------------------------------------


def parse_condition(value: Any) -> Condition | None:
    """The condition a YAML value means; None for None, the default's.

    Raises:
        BadInput: the value is not a condition.
    """
    return read_condition(value, _raise)


def read_condition(value: Any, report: Report) -> Condition | None:
    """The condition a YAML value means, or None after what is wrong has been reported.

    The same condition written in two ways reads as one: `all:` is dissolved wherever a mapping can say it.
    """
    condition = _read(value, report)
    return _read(condition_to_value(condition), report)


def _read(value: Any, report: Report) -> Condition | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        report((), f"a condition must map a path to a value, not {shown(value)}", "write `{path: value}`")
        return None
    if not value:
        report((), "an empty condition", "leave out `when:` for the default branch")
        return None
    parts: list[Condition] = []
    for key, wanted in value.items():
        parts.extend(_parts(key, wanted, below(report, key)))
    return parts[0] if len(parts) == 1 else All(tuple(parts)) if parts else None


def _parts(key: str, wanted: Any, report: Report) -> list[Condition]:
    if key == "not":
        part = _read(wanted, report)
        if wanted is None:
            report((), "`not:` needs a condition")
        return [Not(part)] if part is not None else []
    if key in GROUPS:
        return _group(key, wanted, report)
    return list(_tests(key, wanted, report))


def _group(key: str, wanted: Any, report: Report) -> list[Condition]:
    if not isinstance(wanted, list) or not wanted:
        report(
            (),
            f"`{key}:` must be a list of conditions, not {shown(wanted)}",
            "write `- {path: value}` below it",
        )
        return []
    read = [_read(item, below(report, index)) for index, item in enumerate(wanted)]
    for index, item in enumerate(wanted):
        if item is None:
            report((index,), f"`{key}:` has an empty entry")
    parts = tuple(part for part in read if part is not None)
    return [AnyOf(parts) if key == "any" else All(parts)] if parts else []


def _tests(path: str, wanted: Any, report: Report) -> list[Test]:
    if not isinstance(wanted, dict):
        return _test(path, "eq", wanted, report)
    if not wanted:
        report((), f"nothing is asked of {named(path)}", "write `{op: value}`")
    tests: list[Test] = []
    for op, value in wanted.items():
        if op in OPERATORS:
            tests.extend(_test(path, op, value, below(report, op)))
        else:
            report((op,), f"unknown operator {named(op)}", did_you_mean(op, OPERATORS), on_key=True)
    return tests


def _test(path: str, op: str, value: Any, report: Report) -> list[Test]:
    if complaint := _misfit(op, value):
        report((), f"`{op}` on {named(path)} {complaint}, not {shown(value)}", _other_operator(op, value))
        return []
    return [Test(path, op, tuple(value) if op in MEMBERSHIP else value)]


def _misfit(op: str, value: Any) -> str:
    """Why a value cannot stand behind an operator, whatever the path; "" when it can."""
    if op == "exists":
        return "" if isinstance(value, bool) else "takes true or false"
    if op in MEMBERSHIP:
        fits = isinstance(value, list | tuple) and value and all(_is_scalar(item) for item in value)
        return "" if fits else "takes a list of plain values"
    if op in ORDERING:
        fits = isinstance(value, int | float | str) and not isinstance(value, bool)
        return "" if fits else "takes a number, or a text such as a date"
    return "" if _is_scalar(value) else "takes one plain value"


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _other_operator(op: str, value: Any) -> str:
    if value is None:
        return "a missing value is asked for by `{exists: false}`"
    if isinstance(value, list):
        return "`{in: [...]}` holds if any of several values does" if op == "eq" else "give one value"
    return ""


# --- conditions to values -------------------------------------------------------------------------------


def condition_to_value(condition: Condition | None) -> Any:
    """The canonical YAML value of a condition: the shortest that parses to the same; None for the default's.

    Raises:
        ValueError: an `All` or `AnyOf` without parts, which no value can say.
    """
    if condition is None:
        return None
    if isinstance(condition, All):
        return _all_to_value(_flattened(condition))
    if isinstance(condition, AnyOf):
        return {"any": [condition_to_value(part) for part in _not_empty(condition.parts)]}
    if isinstance(condition, Not):
        return {"not": condition_to_value(condition.part)}
    value = list(condition.value) if condition.op in MEMBERSHIP else condition.value
    return {condition.path: value} if condition.op == "eq" else {condition.path: {condition.op: value}}


def canonical_condition(condition: Condition | None) -> Condition | None:
    """The condition as it reads back from its canonical value."""
    return parse_condition(condition_to_value(condition))


def all_tests(condition: Condition | None) -> tuple[Test, ...]:
    """Every test a condition makes, wherever it stands."""
    if condition is None:
        return ()
    if isinstance(condition, Test):
        return (condition,)
    parts = (condition.part,) if isinstance(condition, Not) else condition.parts
    return tuple(test for part in parts for test in all_tests(part))


def _flattened(condition: All) -> tuple[Condition, ...]:
    flat: list[Condition] = []
    for part in _not_empty(condition.parts):
        flat.extend(_flattened(part) if isinstance(part, All) else (part,))
    return tuple(flat)


def _not_empty(parts: tuple[Condition, ...]) -> tuple[Condition, ...]:
    if not parts:
        raise ValueError("a condition without parts cannot be written")
    return parts


def _all_to_value(parts: tuple[Condition, ...]) -> dict[str, Any]:
    if len(parts) == 1:
        return dict(condition_to_value(parts[0]))
    merged: dict[str, Any] = {}
    for part in parts:
        if not _merge(merged, condition_to_value(part), isinstance(part, Test)):
            return {"all": [condition_to_value(single) for single in parts]}
    return merged


def _merge(merged: dict[str, Any], value: Mapping[str, Any], is_test: bool) -> bool:
    """Write a part's one key into a mapping; False when the mapping cannot hold both."""
    [(key, wanted)] = value.items()
    if key not in merged:
        merged[key] = wanted
        return True
    if not is_test:
        return False
    known = merged[key] if isinstance(merged[key], dict) else {"eq": merged[key]}
    added = wanted if isinstance(wanted, dict) else {"eq": wanted}
    if known.keys() & added.keys():
        return False
    merged[key] = {**known, **added}
    return True


# --- branches -------------------------------------------------------------------------------------------


def branch_id(when: Any, reply: str | None, tools: Sequence[Mapping[str, Any]]) -> str:
    """The id of a branch without one: `b-` and eight hex digits of what it does.

    `when` is the canonical value of its condition; inside nested branches, the list of the conditions from
    the outermost to its own, so that the defaults of two nests differ. `tools` are `{name, args}` mappings.
    """
    calls = [{"name": tool["name"], "args": tool.get("args") or {}} for tool in tools]
    return "b-" + hashlib.sha256(canonical_json([when, reply, calls])).hexdigest()[:8]


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys and no blanks: equal values, equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )


def parse_branch(value: Any, above: Sequence[Any] = ()) -> Branch:
    """The branch a YAML value means; `above` are the canonical conditions of the branches it is nested in.

    Raises:
        BadInput: the value is not a branch.
    """
    from fixloop.workspace.schema import BranchFile, read_model

    model = read_model(BranchFile, value, _raise)
    branch = read_branch(model, _raise, above) if model is not None else None
    if branch is None:
        raise BadInput(f"not a branch: {shown(value)}")
    return branch


def read_branch(
    model: "BranchFile | PlainBranch", report: Report, above: Sequence[Any] = ()
) -> Branch | None:
    """The branch a checked value means, or None after what is wrong has been reported."""
    when = read_condition(model.when, below(report, "when"))
    if (model.when is not None and when is None) or not _answers(model, report):
        return None
    tools = tuple(ToolCall(call.name, call.args) for call in model.tools)
    own = condition_to_value(when)
    inside: Sequence[BranchFile | PlainBranch] = model.branches
    nested = [
        read_branch(inner, below(report, "branches", index), (*above, own))
        for index, inner in enumerate(inside)
    ]
    if any(branch is None for branch in nested):
        return None
    calls = [{"name": call.name, "args": call.args} for call in tools]
    digest = branch_id([*above, own] if above else own, model.reply, calls)
    return Branch(
        id=model.id or digest,
        when=when,
        reply=model.reply,
        tools=tools,
        review_always=model.review == "always",
        branches=tuple(branch for branch in nested if branch is not None),
    )


def branch_to_value(branch: Branch, above: Sequence[Any] = ()) -> dict[str, Any]:
    """The YAML value of a branch; an id that its content gives anyway is left out."""
    when = condition_to_value(branch.when)
    tools = [tool_to_value(call) for call in branch.tools]
    digest = branch_id([*above, when] if above else when, branch.reply, tools)
    nested = [branch_to_value(inner, (*above, when)) for inner in branch.branches]
    value = {
        "id": branch.id if branch.id != digest else None,
        "when": when,
        "reply": branch.reply,
        "tools": tools or None,
        "review": "always" if branch.review_always else None,
        "branches": nested or None,
    }
    return {key: part for key, part in value.items() if part is not None}


def tool_to_value(call: ToolCall) -> dict[str, Any]:
    """The YAML value of a tool call."""
    return {"name": call.name, "args": dict(call.args)} if call.args else {"name": call.name}


def read_plan_tree(model: "PlanTreeFile | PlainTree", path: str, report: Report) -> PlanTree | None:
    """The plan tree a checked file means, or None after what is wrong has been reported."""
    written: Sequence[BranchFile | PlainBranch] = model.branches
    read = [read_branch(branch, below(report, "branches", index)) for index, branch in enumerate(written)]
    branches = tuple(branch for branch in read if branch is not None)
    if len(branches) < len(read):
        return None
    return PlanTree(LeafId(model.leaf), path, branches, model.owner, model.stability)


def _answers(model: "BranchFile | PlainBranch", report: Report) -> bool:
    """Whether a branch either replies or nests, and not both."""
    if model.branches and (model.reply is not None or model.tools):
        report(
            (),
            "a branch either replies or nests branches, not both",
            "move the reply into the nested default",
        )
        return False
    if not model.branches and model.reply is None:
        report((), "a branch without `reply:`", "name a template of workspace/templates.yaml")
        return False
    return True


def _raise(key_path: KeyPath, message: str, mend: str = "", *, on_key: bool = False) -> None:
    where = ".".join(str(key) for key in key_path)
    raise BadInput(f"{where}: {message}" if where else message, place=None, mend=mend)
