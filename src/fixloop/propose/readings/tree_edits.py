"""Every small edit of a plan tree: the operations that make it, the tree afterwards, and how large it is.

Sizes are in nats, like the evidence: an edit that is larger by one must explain e times as much. Trees are
edited as types, without a file; what is chosen is applied to the file later, and tried there again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fixloop.hints.operation import Operation
from fixloop.pipeline.conditions import describe, typed_equal
from fixloop.propose.readings.actions import Action
from fixloop.propose.words.words import stems
from fixloop.workspace.model import All, AnyOf, Branch, Condition, Not, PlanTree, Test, ToolCall
from fixloop.workspace.plan_tree import (
    DEFAULT,
    MEMBERSHIP,
    ORDERING,
    all_tests,
    branch_to_value,
    canonical_condition,
    condition_to_value,
)

Path = tuple[int, ...]
"""The way to a branch: its position in its list, inside the branch at the position before."""

ONE, MORE = 1.0, 0.7
"""The size of the first change inside a branch, and of each one beside it."""

MOVED, NEGATED, TESTED, RANGED, REMOVED, ADDED = 1.3, 1.2, 1.4, 1.9, 2.0, 4.0
LEAST_ADDED = 2.2
SWAPPED = 2.6
"""All for any: nobody slips so, and what it lets through has nothing in common."""

TURNED, NAMED = 0.5, 1.2
"""What a condition counts for that is turned round no more, and that says what branch or reply are called."""

FURTHER = 0.02

_OPPOSITE = {
    "eq": "ne",
    "ne": "eq",
    "in": "not_in",
    "not_in": "in",
    "gt": "lte",
    "lte": "gt",
    "gte": "lt",
    "lt": "gte",
}
_NEAR = {"gt": ("gte", "lt"), "gte": ("gt", "lte"), "lt": ("lte", "gt"), "lte": ("lt", "gte")}


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit. `at` is the branch it is about, as the tree has it afterwards; `says` is it in words."""

    kind: str
    operations: tuple[Operation, ...]
    branches: tuple[Branch, ...]
    size: float
    says: str
    at: Branch
    condition: Condition | None = None


def walk(branches: Sequence[Branch], above: Path = ()) -> Iterator[tuple[Path, Branch]]:
    """Every branch with the way to it, nested ones after the one that holds them."""
    for index, branch in enumerate(branches):
        yield (*above, index), branch
        yield from walk(branch.branches, (*above, index))


def with_branch(
    branches: Sequence[Branch], path: Path, to: Branch | None, insert: bool = False
) -> tuple[Branch, ...]:
    """The branches with one replaced, removed (None) or put before what stands at the path."""
    head, rest = path[0], path[1:]
    if rest:
        inner = with_branch(branches[head].branches, rest, to, insert)
        return (*branches[:head], replace(branches[head], branches=inner), *branches[head + 1 :])
    new = () if to is None else (to,)
    return (*branches[:head], *new, *branches[head + (0 if insert else 1) :])


def name_at(tree: PlanTree, path: Path) -> str:
    """How an operation names a branch: its id, or `default` for the one without a condition."""
    branch = branch_at(tree.branches, path)
    return DEFAULT if len(path) == 1 and branch.when is None else branch.id


def branch_at(branches: Sequence[Branch], path: Path) -> Branch:
    """The branch at a path."""
    found = branches[path[0]]
    return branch_at(found.branches, path[1:]) if path[1:] else found


# --- what a branch does -----------------------------------------------------------------------------------


def action_edit(tree: PlanTree, path: Path, wanted: Action) -> Edit | None:
    """The branch with another reply, tools more or fewer, or other arguments; None where nothing differs."""
    branch, name = branch_at(tree.branches, path), name_at(tree, path)
    if branch.reply is None:
        return None
    where: dict[str, Any] = {"leaf": tree.leaf, "branch": name}
    operations: list[Operation] = []
    if branch.reply != wanted.reply:
        operations.append(Operation("set_reply", {**where, "was": branch.reply, "to": wanted.reply}))
    operations += _tool_operations(where, branch.tools, wanted.tools)
    if not operations:
        return None
    after = replace(branch, reply=wanted.reply, tools=wanted.tools)
    return Edit(
        operations[0].op,
        tuple(operations),
        with_branch(tree.branches, path, after),
        ONE + MORE * (len(operations) - 1),
        _said_of(branch, wanted, operations),
        after,
    )


def _tool_operations(
    where: Mapping[str, Any], present: Sequence[ToolCall], wanted: Sequence[ToolCall]
) -> Iterator[Operation]:
    now, then = {call.name: call for call in present}, {call.name: call for call in wanted}
    for name, call in now.items():
        if name not in then:
            yield Operation("remove_tool", {**where, "tool": _call(call)})
            continue
        for arg in sorted(call.args.keys() | then[name].args.keys()):
            was, to = call.args.get(arg), then[name].args.get(arg)
            if not typed_equal(was, to):
                yield Operation("set_tool_arg", {**where, "tool": name, "arg": arg, "was": was, "to": to})
    for name, call in then.items():
        if name not in now:
            yield Operation("add_tool", {**where, "tool": _call(call)})


def _call(call: ToolCall) -> dict[str, Any]:
    return {"name": call.name, **({"args": dict(call.args)} if call.args else {})}


def _said_of(branch: Branch, wanted: Action, operations: Sequence[Operation]) -> str:
    parts = []
    for operation in operations:
        args = operation.args
        if operation.op == "set_reply":
            parts.append(f"answer {wanted.reply} instead of {branch.reply}")
        elif operation.op == "set_tool_arg":
            parts.append(f"call {args['tool']} with {args['arg']} {args['to']}, not {args['was']}")
        else:
            verb = "call" if operation.op == "add_tool" else "no longer call"
            parts.append(f"{verb} {args['tool']['name']}")
    return f"{' and '.join(parts)} in branch {DEFAULT if branch.when is None else branch.id}"


# --- order ------------------------------------------------------------------------------------------------


def move_edits(tree: PlanTree) -> Iterator[Edit]:
    """Each branch with a condition put before each other one of its list."""
    for path, branch in walk(tree.branches):
        if branch.when is None:
            continue
        siblings = branch_at(tree.branches, path[:-1]).branches if path[:-1] else tree.branches
        for target, other in enumerate(siblings):
            if target in (path[-1], path[-1] + 1):
                continue
            rest = with_branch(tree.branches, path, None)
            at = (*path[:-1], target - (1 if target > path[-1] else 0))
            before = name_at(tree, (*path[:-1], target))
            operation = Operation("move_branch", {"leaf": tree.leaf, "branch": branch.id, "before": before})
            yield Edit(
                "move_branch",
                (operation,),
                with_branch(rest, at, branch, insert=True),
                MOVED + FURTHER * abs(target - path[-1]),
                f"try branch {branch.id} before {before}",
                branch,
                other.when,
            )


def removal_edits(tree: PlanTree) -> Iterator[Edit]:
    """Each branch with a condition gone, where it is not the only one of its list."""
    for path, branch in walk(tree.branches):
        siblings = branch_at(tree.branches, path[:-1]).branches if path[:-1] else tree.branches
        if branch.when is not None and len(siblings) > 1:
            yield Edit(
                "remove_branch",
                (Operation("remove_branch", {"leaf": tree.leaf, "branch": branch.id}),),
                with_branch(tree.branches, path, None),
                REMOVED,
                f"no branch {branch.id} any more",
                branch,
            )


# --- conditions -------------------------------------------------------------------------------------------

Values = Mapping[str, Sequence[Any]]
"""Path to the plain values that a condition on it could name."""


def condition_edits(
    tree: PlanTree, values: Values, more: Mapping[str, Sequence[Condition]]
) -> Iterator[Edit]:
    """Each branch's condition repaired; `more` are whole conditions to try, by branch id."""
    for path, branch in walk(tree.branches):
        if branch.when is None:
            continue
        seen = {repr(branch.when)}
        tried = [*repairs(branch.when, values), *((one, RANGED) for one in more.get(branch.id, ()))]
        for condition, size in tried:
            if repr(condition) in seen:
                continue
            seen.add(repr(condition))
            yield condition_edit(tree, path, condition, size)


def condition_edit(tree: PlanTree, path: Path, condition: Condition, size: float) -> Edit:
    """One branch with another condition."""
    branch = branch_at(tree.branches, path)
    was, to = condition_to_value(branch.when), condition_to_value(condition)
    after = replace(branch, when=condition)
    return Edit(
        "set_condition",
        (Operation("set_condition", {"leaf": tree.leaf, "branch": branch.id, "was": was, "to": to}),),
        with_branch(tree.branches, path, after),
        size - says_itself(branch, condition),
        f"take branch {branch.id} where {describe(condition)}, not where {_described(branch.when)}",
        after,
        condition,
    )


def says_itself(branch: Branch, condition: Condition) -> float:
    """What speaks for another condition of a branch by itself, in nats: not turned round, it says the name.

    Somebody called the branch by what it is for, and chose a template for it.
    """
    about = stems(branch.id) | stems(branch.reply or "")
    turns = _turns(branch.when) - _turns(condition)
    return TURNED * min(1, max(-1, turns)) + NAMED * (_named(condition, about) - _named(branch.when, about))


def _turns(condition: Condition | None) -> int:
    """How many times a condition says `not`."""
    if isinstance(condition, Not):
        return 1 + _turns(condition.part)
    return sum(map(_turns, condition.parts)) if isinstance(condition, All | AnyOf) else 0


def _named(condition: Condition | None, about: frozenset[str], turned: bool = False) -> float:
    """Whether a condition says what its branch is called after: 1, or −1 where it says the contrary."""
    if isinstance(condition, Not):
        return _named(condition.part, about, not turned)
    if isinstance(condition, All | AnyOf):
        parts = [_named(part, about, turned) for part in condition.parts]
        return max(parts) if max(parts) > 0 else min(parts)
    if not isinstance(condition, Test):
        return 0.0
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    said = frozenset[str]().union(*(stems(v) for v in values if isinstance(v, str)))
    flag = condition.value is True or condition.value is False
    said |= stems(condition.path.rpartition(".")[2]) if flag else frozenset()
    if not said & about:
        return 0.0
    contrary = condition.op in ("ne", "not_in") or condition.value is False
    return -1.0 if contrary != turned else 1.0


def _described(condition: Condition | None) -> str:
    return describe(condition) if condition is not None else "nothing else fits"


def repairs(condition: Condition, values: Values) -> Iterator[tuple[Condition, float]]:
    """Conditions one small change away, each with its size: turned round, other values, a part fewer."""
    yield (condition.part if isinstance(condition, Not) else _not(condition)), NEGATED
    yield from _inside(condition, values)


def _not(condition: Condition) -> Condition:
    """Turned round; a single test says it by its operator, which reads better than `not:`."""
    if isinstance(condition, Test):
        if condition.op == "exists":
            return replace(condition, value=not condition.value)
        if condition.op in ORDERING or condition.op in ("ne", "not_in", "eq", "in"):
            if isinstance(condition.value, bool) and condition.op == "eq":
                return Test(condition.path, "eq", not condition.value)
            return replace(condition, op=_OPPOSITE[condition.op])
    return Not(condition)


def _inside(condition: Condition, values: Values) -> Iterator[tuple[Condition, float]]:
    if isinstance(condition, Test):
        yield from _test_repairs(condition, values)
        return
    if isinstance(condition, Not):
        yield from ((Not(part), size) for part, size in _inside(condition.part, values))
        return
    for n, part in enumerate(condition.parts):
        others = (*condition.parts[:n], *condition.parts[n + 1 :])
        yield (others[0] if len(others) == 1 else replace(condition, parts=others)), TESTED + 0.1
        turned = part.part if isinstance(part, Not) else _not(part)
        for new, size in ((turned, NEGATED + 0.1), *_inside(part, values)):
            yield replace(condition, parts=(*condition.parts[:n], new, *condition.parts[n + 1 :])), size
    swapped = AnyOf(condition.parts) if isinstance(condition, All) else All(condition.parts)
    yield swapped, SWAPPED


def _test_repairs(test: Test, values: Values) -> Iterator[tuple[Test, float]]:
    known = values.get(test.path, ())
    if test.op in MEMBERSHIP:
        yield from _list_repairs(test, known)
        return
    if test.op == "exists":
        return
    for near in _NEAR.get(test.op, ()):
        yield replace(test, op=near), NEGATED + 0.1
    for one in known:
        if _same_kind(one, test.value) and not typed_equal(one, test.value):
            yield replace(test, value=one), TESTED
            if test.op in ORDERING:
                yield from ((replace(test, op=near, value=one), TESTED + 0.4) for near in _NEAR[test.op])
            elif test.op == "eq" and not isinstance(one, bool):
                yield Test(test.path, "in", (test.value, one)), TESTED + 0.3


def _list_repairs(test: Test, known: Sequence[Any]) -> Iterator[tuple[Test, float]]:
    """A list with one value more, one fewer, or one in another's place."""
    listed = tuple(test.value)
    fresh = [one for one in known if not _among(one, listed)]
    yield from ((replace(test, value=(*listed, one)), TESTED) for one in fresh)
    for n in range(len(listed)):
        if len(listed) > 1:
            yield replace(test, value=(*listed[:n], *listed[n + 1 :])), TESTED
        for one in fresh:
            yield replace(test, value=(*listed[:n], one, *listed[n + 1 :])), TESTED + 0.2


def _among(value: Any, listed: Iterable[Any]) -> bool:
    return any(typed_equal(value, one) for one in listed)


def _same_kind(a: Any, b: Any) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return isinstance(a, bool) and isinstance(b, bool)
    numbers = isinstance(a, int | float) and isinstance(b, int | float)
    return numbers or (isinstance(a, str) and isinstance(b, str))


def widened(condition: Condition, test: Test) -> Condition | None:
    """The condition or the test, in its shortest form."""
    return canonical_condition(
        AnyOf((*(condition.parts if isinstance(condition, AnyOf) else (condition,)), test))
    )


def narrowed(condition: Condition, test: Condition) -> Condition | None:
    """The condition and the test, in its shortest form."""
    return canonical_condition(
        All((*(condition.parts if isinstance(condition, All) else (condition,)), test))
    )


def paths_of(condition: Condition | None) -> tuple[str, ...]:
    """The paths a condition reads, sorted."""
    return tuple(sorted({test.path for test in all_tests(condition)}))


# --- a new branch -----------------------------------------------------------------------------------------


def addition_edit(tree: PlanTree, path: Path, condition: Condition, action: Action, size: float) -> Edit:
    """A new branch before the one at a path."""
    new = Branch("", condition, action.reply, action.tools)
    value = branch_to_value(new)
    value.pop("id", None)
    before = name_at(tree, path) if _is_there(tree.branches, path) else DEFAULT
    operation = Operation("add_branch", {"leaf": tree.leaf, "before": before, "branch": value})
    tools = f" and call {', '.join(action.tool_names)}" if action.tools else ""
    return Edit(
        "add_branch",
        (operation,),
        with_branch(tree.branches, path, new, insert=True),
        size,
        f"where {describe(condition)}, answer {action.reply}{tools}",
        new,
        condition,
    )


def _is_there(branches: Sequence[Branch], path: Path) -> bool:
    siblings = branch_at(branches, path[:-1]).branches if path[:-1] else branches
    return path[-1] < len(siblings)
