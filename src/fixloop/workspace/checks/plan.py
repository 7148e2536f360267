"""Plan trees: they name what exists, each branch can be reached, a record is used only where there is one."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fixloop.workspace.checks.templates import PATHS
from fixloop.workspace.checks.tools import check_call
from fixloop.workspace.file_parts import Part
from fixloop.workspace.model import Branch, IntentDag, PlanTree, Problem, Template
from fixloop.workspace.parts import Parts
from fixloop.workspace.paths import ANY, KnownPaths, uses_record
from fixloop.workspace.plan_tree import DEFAULT, MEMBERSHIP, ORDERING, condition_to_value
from fixloop.workspace.problems import Problems, Report, below
from fixloop.workspace.reach import ONE, Visit, visit_branches
from fixloop.workspace.template_uses import uses_of
from fixloop.workspace.text import a_kind, did_you_mean, escaped, named, shown
from fixloop.workspace.yaml_source import KeyPath

_ONE_RECORD = (
    "put `{when: {fetched.count: {ne: 1}}, reply: ...}` before it, "
    "or test `fetched.count: 1` or a `record.` path in its own condition"
)


def check_plan_trees(parts: Parts, known: KnownPaths | None) -> Iterator[Problem]:
    """Every plan tree, and the leaves without one."""
    yield from check_each_tree(parts, known)
    problems = Problems()
    if parts.intents.value is not None:
        _check_covered(parts.intents.value, parts, problems)
    yield from problems.found


def check_each_tree(parts: Parts, known: KnownPaths | None) -> Iterator[Problem]:
    """Every plan tree by itself."""
    problems = Problems()
    for part in parts.plan_trees:
        if part.value is not None:
            _check_tree(part, part.value, parts, known, problems)
    yield from problems.found


def _check_covered(dag: IntentDag, parts: Parts, problems: Problems) -> None:
    planned = {part.path.removeprefix("plan_trees/").removesuffix(".yaml") for part in parts.plan_trees}
    warning = problems.report_on(parts.intents.document, "warning")
    for leaf in dag.leaves:
        if leaf not in planned:
            message = f"the leaf {named(leaf)} has no plan tree: the fallback answers"
            warning(("intents", leaf), message, f"write plan_trees/{leaf}.yaml", on_key=True)


def _check_tree(
    part: Part[PlanTree], tree: PlanTree, parts: Parts, known: KnownPaths | None, problems: Problems
) -> None:
    report, warning = (problems.report_on(part.document, kind) for kind in ("error", "warning"))
    _check_leaf(part, tree, parts.intents.value, report)
    if tree.stability != "open" and not tree.owner:
        warning(
            ("stability",),
            f"a {tree.stability} plan tree without an owner",
            "add `owner:`: who approves changes",
        )
    unreached = set(_check_levels(tree.branches, report, ()))
    seen: dict[str, KeyPath] = {}
    for visit in visit_branches(tree.branches):
        _check_id(visit, seen, part, report)
        _check_condition(
            condition_at(part.document.value, visit.key_path), known, below(report, *visit.key_path, "when")
        )
        _check_answer(visit, parts, known, below(report, *visit.key_path))
        if not visit.counts and not any(visit.key_path[: len(above)] == above for above in unreached):
            unreached.add(visit.key_path)
            message = "this branch can never be reached: no number of records is left for it"
            warning(visit.key_path, message, "move it up, or mend its condition")


def _check_leaf(part: Part[PlanTree], tree: PlanTree, dag: IntentDag | None, report: Report) -> None:
    if part.path != f"plan_trees/{tree.leaf}.yaml":
        report(
            ("leaf",),
            f"this file is not named after its leaf {named(tree.leaf)}",
            f"rename it to {tree.leaf}.yaml",
        )
    if dag is None or tree.leaf in dag.all_leaves:
        return
    if tree.leaf in dag.children:
        message, mend = (
            f"{named(tree.leaf)} is a parent, not a leaf",
            f"plan for `{tree.leaf}.other` or for its children",
        )
    else:
        message, mend = f"there is no leaf {named(tree.leaf)}", did_you_mean(tree.leaf, dag.all_leaves)
    report(("leaf",), message, mend)


# --- order ----------------------------------------------------------------------------------------------


def _check_levels(branches: tuple[Branch, ...], report: Report, above: KeyPath) -> Iterator[KeyPath]:
    """Each level ends with its default, has one only, and asks no condition twice; what nothing reaches."""
    conditions: list[Any] = []
    for index, branch in enumerate(branches):
        key_path = (*above, "branches", index)
        value = condition_to_value(branch.when)
        if None in conditions:
            yield key_path
            report(key_path, "this branch can never be reached: the default stands before it", "move it up")
        elif value in conditions:
            yield key_path
            report(
                key_path,
                "this branch can never be reached: an earlier one has the same condition",
                "remove one",
            )
        conditions.append(value)
        if branch.branches:
            yield from _check_levels(branch.branches, report, key_path)
    if None not in conditions:
        where = above or ("branches",)
        report(where, "no default branch", "end with a branch that has no `when:`", on_key=True)


def _check_id(visit: Visit, seen: dict[str, KeyPath], part: Part[PlanTree], report: Report) -> None:
    branch = visit.branch
    if branch.id in seen:
        first = part.document.place(*seen[branch.id])
        mend = "give each its own `id:`"
        report(
            visit.key_path,
            f"a second branch {named(branch.id)}; the first is in line {first.line}",
            mend,
        )
    seen.setdefault(branch.id, visit.key_path)
    if branch.id == DEFAULT and branch.when is not None:
        report(
            (*visit.key_path, "id"),
            f"{named(DEFAULT)} names the branch without a condition",
            "choose another id",
        )


# --- conditions -----------------------------------------------------------------------------------------


class Asked(NamedTuple):
    """A test as it stands in the file."""

    key_path: KeyPath
    path: str
    op: str
    value: Any


def condition_at(value: Any, key_path: KeyPath) -> Any:
    """The condition of the branch at a key path, as it stands in the file."""
    for key in key_path:
        value = value[key]
    return value.get("when")


def asked_tests(value: Any, above: KeyPath) -> Iterator[Asked]:
    """The tests of a condition with their places; the condition is known to be well formed."""
    for key, wanted in (value or {}).items():
        if key == "not":
            yield from asked_tests(wanted, (*above, key))
        elif key in ("any", "all"):
            for index, item in enumerate(wanted):
                yield from asked_tests(item, (*above, key, index))
        elif isinstance(wanted, dict):
            for op, operand in wanted.items():
                yield Asked((*above, key, op), key, op, operand)
        else:
            yield Asked((*above, key), key, "eq", wanted)


def _check_condition(value: Any, known: KnownPaths | None, report: Report) -> None:
    unknown: set[KeyPath] = set()
    for asked in asked_tests(value, ()) if known else ():
        kind = known.type_of(asked.path) if known else None
        key_path = asked.key_path if asked.key_path[-1] == asked.path else asked.key_path[:-1]
        if known and kind is None and key_path not in unknown:
            unknown.add(key_path)
            mend = did_you_mean(asked.path, known.all(), otherwise=PATHS)
            report(key_path, f"there is nothing at {named(asked.path)}", mend, on_key=True)
        elif known and kind and (complaint := _misfit(asked, kind, known)):
            report(asked.key_path, complaint, _misfit_mend(asked))


def _misfit(asked: Asked, kind: str, known: KnownPaths) -> str:
    """Why a test can never hold, given the type of what it looks at; "" when it can."""
    path, op, value = asked.path, asked.op, asked.value
    if op == "exists":
        return ""
    if op in ORDERING and kind in ("list", "boolean", "object"):
        return f"`{op}` cannot be asked of {named(path)}, {a_kind(kind)}"
    if op == "contains" and kind in ("number", "boolean", "object"):
        return f"`contains` cannot be asked of {named(path)}, {a_kind(kind)}"
    wanted = known.item_type(path) if kind == "list" else kind
    for single in value if op in MEMBERSHIP else (value,):
        if wanted != ANY and not _has_type(single, wanted):
            return f"{named(path)} holds {wanted}s and is never {shown(single)}"
    return ""


def _misfit_mend(asked: Asked) -> str:
    if isinstance(asked.value, bool | int | float):
        return 'comparison is typed: 1 is not true, and "1" is not 1; put a text in quotes'
    return "comparison is typed: write the value without quotes" if asked.op not in ORDERING else ""


def _has_type(value: Any, kind: str) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, dict if kind == "object" else str)


# --- answers --------------------------------------------------------------------------------------------


def _check_answer(visit: Visit, parts: Parts, known: KnownPaths | None, report: Report) -> None:
    branch = visit.branch
    if branch.reply is not None and parts.templates.value is not None:
        _check_reply(branch.reply, parts.templates.value, visit, report)
    for index, call in enumerate(branch.tools):
        deeper = below(report, "tools", index)
        for where, text in texts_in(call.args, ("args",)):
            _check_text(text, where, visit, known, deeper)
        if parts.tools.value is None:
            continue
        tool = parts.tools.value.get(call.name)
        if tool is None:
            mend = did_you_mean(call.name, parts.tools.value, otherwise="declare it in workspace/tools.yaml")
            deeper(("name",), f"there is no tool {named(call.name)}", mend)
        else:
            check_call(call, tool, known, deeper)


def _check_reply(name: str, templates: Mapping[str, Template], visit: Visit, report: Report) -> None:
    template = templates.get(name)
    if template is None:
        mend = did_you_mean(name, templates, otherwise="add it to workspace/templates.yaml")
        report(("reply",), f"there is no template {named(name)}", mend)
        return
    used = dict.fromkeys(
        path for text in template.texts.values() for path in uses_of(text).paths if uses_record(path)
    )
    if used and not visit.counts <= {ONE}:
        report(("reply",), f"{named(name)} uses {named(next(iter(used)))}, {_unsafe(visit)}", _ONE_RECORD)


def texts_in(value: Any, where: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Every text in a call's arguments, at any depth, with its key path."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts_in(inner, (*where, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from texts_in(inner, (*where, index))
    elif isinstance(value, str):
        yield where, value


def _check_text(text: str, where: KeyPath, visit: Visit, known: KnownPaths | None, report: Report) -> None:
    uses = uses_of(text)
    if uses.complaint:
        report(where, f"not a template: {escaped(uses.complaint)}")
    for path in uses.paths:
        if known and not known.is_known(path):
            report(
                where, f"there is nothing at {named(path)}", did_you_mean(path, known.all(), otherwise=PATHS)
            )
        elif uses_record(path) and not visit.counts <= {ONE}:
            report(where, f"{named(path)} is used here, {_unsafe(visit)}", _ONE_RECORD)


def _unsafe(visit: Visit) -> str:
    others = visit.counts - {ONE}
    how = "no or several records" if len(others) == 2 else "no record" if 0 in others else "several records"
    return f"but this branch can be reached with {how}"
