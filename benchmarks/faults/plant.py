"""Every single fault that can be planted in a workspace, one generator a kind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from draws import draw, shuffled
from worlds import World

from fixloop.fixes.apply import apply_operations
from fixloop.fixes.yaml_file import YamlFile, read_yaml_file
from fixloop.hints.operation import Operation
from fixloop.pipeline.proposal import Proposal
from fixloop.workspace.model import Branch, PlanTree, Workspace, is_other
from fixloop.workspace.plan_tree import condition_to_value, tool_to_value
from fixloop.workspace.snapshot import Overlay, Snapshot

INTENTS, EXTRACTION = "workspace/intents.yaml", "workspace/extraction.yaml"
FETCH, TEMPLATES = "workspace/fetch.yaml", "workspace/templates.yaml"
Concerns = Callable[[Proposal], bool]


@dataclass(frozen=True)
class Fault:
    """One planted fault: what names it, which step and target a right hint names, by which operations.

    `concerns` says of a right proposal whether the fault could change it: the other tickets need no replay.
    """

    world: str
    kind: str
    place: str
    step: str
    targets: tuple[str, ...]
    mended_by: tuple[str, ...]
    operations: tuple[Operation, ...] = ()
    edits: Mapping[str, bytes | None] = field(default_factory=dict)
    concerns: Concerns = lambda _: True
    leaf: str = ""

    @property
    def id(self) -> str:
        """A short name that stays."""
        return f"{self.world}-{self.kind}-{draw(16**6, self.world, self.kind, self.place):06x}"

    @property
    def half(self) -> str:
        """Which half it is in: told by its digest alone."""
        return "report" if draw(2, "half", self.world, self.kind, self.place) else "tune"

    def planted(self, snapshot: Snapshot) -> Snapshot:
        """The right snapshot with the fault in it.

        Raises:
            FixloopError: it cannot be planted there.
        """
        laid = Overlay(snapshot, self.edits) if self.edits else snapshot
        return apply_operations(laid, self.operations).snapshot if self.operations else laid


# --- step one -------------------------------------------------------------------------------------------


def edges_cut(world: World) -> Iterator[Fault]:
    for parent, children in world.workspace.intents.children.items():
        for child in children:
            cut = Operation("remove_edge", {"parent": parent, "child": child})
            yield Fault(
                world.name, "edge_cut", f"{parent}>{child}", "intent", (INTENTS,), ("add_edge",), (cut,)
            )


def leaves_removed(world: World) -> Iterator[Fault]:
    for leaf in world.workspace.intents.leaves:
        gone = Operation("remove_leaf", {"id": leaf})
        yield Fault(world.name, "leaf_removed", leaf, "intent", (INTENTS,), ("add_leaf",), (gone,), leaf=leaf)


def examples_mixed(world: World) -> Iterator[Fault]:
    """Over half of two leaves' examples change places."""
    dag, examples = world.workspace.intents, world.workspace.examples
    for leaf in dag.leaves:
        near = {child for parent in dag.parents_of(leaf) for child in dag.children[parent]} - {leaf}
        others = [one for one in sorted(near) if one in examples and not is_other(one)]
        for other in shuffled(others, "mix", leaf)[:2]:
            yield _mixed(world, leaf, other, examples)


def _mixed(world: World, a: str, b: str, examples: Mapping[str, Sequence[Any]]) -> Fault:
    texts = {leaf: [one.text for one in examples.get(leaf, ())] for leaf in (a, b)}
    moving = {leaf: set(shuffled(texts[leaf], "move", a, b)[: len(texts[leaf]) * 6 // 10]) for leaf in (a, b)}
    edits: dict[str, bytes | None] = {}
    for leaf, other in ((a, b), (b, a)):
        left = [text for text in texts[leaf] if text not in moving[leaf]]
        rows = left + sorted(moving[other])
        lines = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in rows)
        edits[f"workspace/examples/{leaf}.jsonl"] = lines.encode()
    return Fault(
        world.name,
        "examples_mixed",
        f"{a}+{b}",
        "intent",
        tuple(edits),
        ("add_example", "remove_example"),
        edits=edits,
    )


def thresholds_moved(world: World) -> Iterator[Fault]:
    dag = world.workspace.intents
    for level in dag.children:
        present = dag.thresholds.get(level)
        for value in (0.3, 0.5, 0.7, 0.9):
            if value != present:
                moved = Operation("set_threshold", {"at": level, "was": present, "to": value})
                target = f"{INTENTS}#thresholds.{level}"
                place = f"{level}={value}"
                yield Fault(
                    world.name, "threshold_moved", place, "intent", (target,), ("set_threshold",), (moved,)
                )


# --- step two -------------------------------------------------------------------------------------------

_BREAKS = (
    (r"\{(\d),(\d)\}", r"{\2}"),
    (r"\\d\{(\d)\}", lambda m: rf"\d{{{int(m.group(1)) + 1}}}"),
    (r"^\(\?i\)", ""),
    (r"\[A-Z\]", "[A-F]"),
    (r"\(\?:([^|()]+)\|", r"(?:"),
)


def patterns_broken(world: World) -> Iterator[Fault]:
    for rule in world.workspace.extraction:
        for number, pattern in enumerate(rule.patterns):
            gone = Operation("remove_pattern", {"field": rule.path, "pattern": pattern})
            worse = [re.sub(was, to, pattern, count=1) for was, to in _BREAKS]
            for to in ["", *dict.fromkeys(one for one in worse if one != pattern)]:
                added = (Operation("add_pattern", {"field": rule.path, "pattern": to}),) if to else ()
                yield Fault(
                    world.name,
                    "pattern_broken",
                    f"{rule.path}#{number}:{to}",
                    "extraction",
                    (f"{EXTRACTION}#{rule.path}",),
                    ("add_pattern", "remove_pattern"),
                    (*added, gone),
                )


def values_lost(world: World) -> Iterator[Fault]:
    """A vocabulary without one of its values; what came from a source is then a list."""
    said: dict[str, set[str]] = {}
    for proposal in world.truth.values():
        for group, fields in proposal.fields.items():
            for name, found in fields.items():
                said.setdefault(f"{group}.{name}", set()).update(found)
    for rule in world.workspace.extraction:
        known = list(rule.values)
        if rule.values_from:
            known += _column(world.workspace, rule.values_from)
        known = list(dict.fromkeys(known))
        folded = {one.casefold() for one in said.get(rule.path, ())}
        for value in sorted(one for one in known if one.casefold() in folded):
            yield _value_lost(world, rule.path, rule.patterns, rule.variants, known, value)


def _value_lost(
    world: World, path: str, patterns: Sequence[str], variants: str | None, known: Sequence[str], value: str
) -> Fault:
    file = _file(world.snapshot, EXTRACTION)
    left = [one for one in known if one.casefold() != value.casefold()]
    rule: dict[str, Any] = {"patterns": list(patterns)} if patterns else {}
    rule |= {"values": left, **({"variants": variants} if variants else {})}
    after = file.set("groups", *path.split("."), to=rule)
    return Fault(
        world.name,
        "value_lost",
        f"{path}:{value}",
        "extraction",
        (f"{EXTRACTION}#{path}",),
        ("add_value",),
        edits={EXTRACTION: after.data},
    )


def _column(workspace: Workspace, path: str) -> list[str]:
    from fixloop.pipeline.rows import values_at

    source, _, column = path.partition(".")
    rows = workspace.records.get(source, ())
    return [str(value) for row in rows for value in values_at(row, column.split("."))]


def variants_off(world: World) -> Iterator[Fault]:
    for rule in world.workspace.extraction:
        if rule.variants:
            off = Operation("set_variants", {"field": rule.path, "was": rule.variants, "to": None})
            yield Fault(
                world.name,
                "variants_off",
                rule.path,
                "extraction",
                (f"{EXTRACTION}#{rule.path}",),
                ("set_variants",),
                (off,),
            )


# --- step three -----------------------------------------------------------------------------------------


def weights_wrong(world: World) -> Iterator[Fault]:
    for signal in world.workspace.fetch.signals:
        named = {"field": signal.field, "source": signal.source, "match": signal.match}
        for weight in (0, 1, 2, 3, 4, 5, 6, 8, 12):
            if weight != signal.weight:
                to = Operation("set_weight", {"signal": named, "was": signal.weight, "to": weight})
                yield Fault(
                    world.name,
                    "weight_wrong",
                    f"{signal.field}>{signal.match}={weight}",
                    "fetch",
                    (FETCH,),
                    ("set_weight", "set_threshold"),
                    (to,),
                )


def fetch_thresholds_wrong(world: World) -> Iterator[Fault]:
    present = world.workspace.fetch.threshold
    for value in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12):
        if value != present:
            to = Operation("set_threshold", {"at": "fetch", "was": present, "to": value})
            target = f"{FETCH}#threshold"
            yield Fault(
                world.name,
                "fetch_threshold",
                f"={value}",
                "fetch",
                (target,),
                ("set_threshold", "set_weight"),
                (to,),
            )


# --- step four ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """A branch of a tree with its siblings."""

    tree: PlanTree
    branch: Branch
    siblings: tuple[Branch, ...]
    at: int

    @property
    def named(self) -> dict[str, Any]:
        """How operations name it."""
        return {"leaf": self.tree.leaf, "branch": self.branch.id}

    @property
    def key(self) -> str:
        """How faults are named."""
        return f"{self.tree.leaf}/{self.branch.id}@{self.at}"


def _places(world: World) -> Iterator[_Place]:
    for leaf in sorted(world.workspace.plan_trees):
        tree = world.workspace.plan_trees[leaf]
        yield from _places_in(tree, tree.branches)


def _places_in(tree: PlanTree, branches: tuple[Branch, ...]) -> Iterator[_Place]:
    for at, branch in enumerate(branches):
        yield _Place(tree, branch, branches, at)
        yield from _places_in(tree, branch.branches)


def _plan(world: World, kind: str, place: _Place, more: str, ops: tuple[str, ...], *made: Operation) -> Fault:
    leaf = place.tree.leaf
    return Fault(
        world.name,
        kind,
        f"{place.key}{more}",
        "plan",
        (place.tree.path,),
        ops,
        made,
        concerns=lambda right: right.leaf == leaf,
    )


def branches_dropped(world: World) -> Iterator[Fault]:
    for place in _places(world):
        if place.branch.when is not None:
            gone = Operation("remove_branch", place.named)
            yield _plan(world, "branch_dropped", place, "", ("add_branch",), gone)


def conditions_wrong(world: World) -> Iterator[Fault]:
    """Negated, or with another value in one place."""
    ops = ("set_condition", "add_branch", "move_branch")
    for place in _places(world):
        if place.branch.when is None:
            continue
        was = condition_to_value(place.branch.when)
        wrong = [("negated", {"not": was}), *(("value", one) for one in _other_values(was, world.workspace))]
        for name, to in wrong:
            made = Operation("set_condition", {**place.named, "was": was, "to": to})
            yield _plan(world, f"condition_{name}", place, f":{json.dumps(to)}", ops, made)


def _other_values(when: Any, workspace: Workspace, path: str = "") -> Iterator[Any]:
    """The condition with one literal changed, each in turn."""
    if isinstance(when, dict):
        for key, value in when.items():
            for other in _other_values(value, workspace, key if "." in key else path):
                yield {**when, key: other}
    elif isinstance(when, list):
        for n, part in enumerate(when):
            if isinstance(part, dict):
                yield from (
                    [*when[:n], other, *when[n + 1 :]] for other in _other_values(part, workspace, path)
                )
            elif len(when) > 1:
                yield [*when[:n], *when[n + 1 :]]
    else:
        yield from _other_literals(when, workspace, path)


def _other_literals(value: Any, workspace: Workspace, path: str) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1, value * 4 if value else 3]
    column = path.removeprefix("record.")
    known = {str(row[column]) for rows in workspace.records.values() for row in rows if column in row}
    return shuffled(sorted(known - {value}), "value", value)[:2]


def branches_swapped(world: World) -> Iterator[Fault]:
    for place in _places(world):
        if place.at and place.branch.when is not None:
            before = place.siblings[place.at - 1].id
            made = Operation("move_branch", {**place.named, "before": before})
            ops = ("move_branch", "set_condition", "add_branch")
            yield _plan(world, "branches_swapped", place, "", ops, made)


def templates_wrong(world: World) -> Iterator[Fault]:
    """Another template in a branch: of its own tree first, then of the others."""
    every = sorted({p.branch.reply for p in _places(world) if p.branch.reply})
    for place in _places(world):
        if place.branch.reply:
            own = sorted(
                {p.branch.reply for p in _places_in(place.tree, place.tree.branches) if p.branch.reply}
            )
            others = [one for one in own if one != place.branch.reply]
            chosen = shuffled(others, "own", place.key)[:1] + [
                one for one in shuffled(every, "any", place.key)[:3] if one != place.branch.reply
            ]
            for to in dict.fromkeys(chosen):
                made = Operation("set_reply", {**place.named, "was": place.branch.reply, "to": to})
                ops = ("set_reply", "add_branch")
                yield _plan(world, "wrong_template", place, f":{to}", ops, made)


def tools_missing(world: World) -> Iterator[Fault]:
    for place in _places(world):
        for call in place.branch.tools:
            made = Operation("remove_tool", {**place.named, "tool": tool_to_value(call)})
            yield _plan(world, "tool_missing", place, f":{call.name}", ("add_tool", "add_branch"), made)


def tool_arguments_wrong(world: World) -> Iterator[Fault]:
    for place in _places(world):
        for call in place.branch.tools:
            for arg, value in call.args.items():
                for to in _other_arguments(world, call.name, arg, value):
                    told = {**place.named, "tool": call.name, "arg": arg, "was": value, "to": to}
                    ops = ("set_tool_arg", "add_branch")
                    more = f":{call.name}.{arg}={to}"
                    yield _plan(world, "tool_argument", place, more, ops, Operation("set_tool_arg", told))


def _other_arguments(world: World, tool: str, arg: str, value: Any) -> Iterator[Any]:
    """Another of the values allowed, another path, or none where it need not be given."""
    schema = world.workspace.tools[tool].args
    about = schema.get("properties", {}).get(arg, {})
    yield from [one for one in shuffled(about.get("enum", ()), "arg", tool, arg) if one != value][:2]
    if arg not in schema.get("required", ()):
        yield None
    if isinstance(value, str) and (found := re.fullmatch(r"\{\{ record\.(\w+) \}\}", value)):
        for column in _columns_like(world.workspace, found.group(1)):
            yield f"{{{{ record.{column} }}}}"


def _columns_like(workspace: Workspace, column: str) -> list[str]:
    """Other columns of the same type."""
    types = {name: of for source in workspace.fetch.sources.values() for name, of in source.fields.items()}
    types |= {source.id: "string" for source in workspace.fetch.sources.values()}
    same = [name for name, of in sorted(types.items()) if of == types.get(column) and name != column]
    return shuffled(same, "column", column)[:2]


# --- texts ----------------------------------------------------------------------------------------------


def template_variables_wrong(world: World) -> Iterator[Fault]:
    for name, template in sorted(world.workspace.templates.items()):
        paths = sorted({p for text in template.texts.values() for p in re.findall(r"record\.(\w+)", text)})
        for path in paths:
            for other in _columns_like(world.workspace, path):
                made = _in_every_text(template.texts, name, f"record.{path}", f"record.{other}")
                yield _text(world, "template_variable", name, f"{path}>{other}", made)


def template_texts_outdated(world: World) -> Iterator[Fault]:
    """A number that has changed since, else a sentence that is not there yet."""
    for name, template in sorted(world.workspace.templates.items()):
        numbers = sorted({n for text in template.texts.values() for n in _numbers(text)})
        for number in numbers[:3]:
            other = number[:-1] + str((int(number[-1]) + 3) % 10)
            made = _in_every_text(template.texts, name, number, other)
            yield _text(world, "template_outdated", name, f"{number}>{other}", made)
        made = [
            Operation("edit_template", _edit(name, language, sentence, ""))
            for language, text in sorted(template.texts.items())
            for sentence in _sentences(text)[1:2]
        ]
        if made:
            yield _text(world, "template_outdated", name, "sentence", made)


def _numbers(text: str) -> list[str]:
    plain = re.sub(r"\{\{.*?\}\}", "", text)
    return re.findall(r"(?<!\w)\d{2,}(?: \d{3,})*(?!\w)", plain)


def _sentences(text: str) -> list[str]:
    """Its sentences with the space before them, those with variables left out."""
    found = re.findall(r"(?:^|(?<=[.!?]))\s*[^.!?{}]+[.!?]", text)
    return [one for one in found if text.count(one) == 1 and "{" not in one]


def _in_every_text(texts: Mapping[str, str], name: str, was: str, to: str) -> list[Operation]:
    """The change in each language that has the words, once each."""
    having = [language for language, text in sorted(texts.items()) if was in text]
    if any(texts[language].count(was) != 1 for language in having):
        return []
    return [Operation("edit_template", _edit(name, language, was, to)) for language in having]


def _edit(name: str, language: str, was: str, to: str) -> dict[str, Any]:
    return {"template": name, **({"language": language} if language else {}), "was": was, "to": to}


def _text(world: World, kind: str, name: str, more: str, made: Sequence[Operation]) -> Fault:
    return Fault(
        world.name,
        kind,
        f"{name}:{more}",
        "template",
        (f"{TEMPLATES}#{name}",),
        ("edit_template",),
        tuple(made),
        concerns=lambda right: right.reply.template == name,
    )


def _file(snapshot: Snapshot, path: str) -> YamlFile:
    file = read_yaml_file(snapshot, path)
    assert file is not None, path
    return file


GENERATORS = (
    edges_cut,
    leaves_removed,
    examples_mixed,
    thresholds_moved,
    patterns_broken,
    values_lost,
    variants_off,
    weights_wrong,
    fetch_thresholds_wrong,
    branches_dropped,
    conditions_wrong,
    branches_swapped,
    templates_wrong,
    template_variables_wrong,
    template_texts_outdated,
    tools_missing,
    tool_arguments_wrong,
)


def candidates(world: World) -> dict[str, list[Fault]]:
    """Kind to every fault of it, in an order of draws."""
    found: dict[str, dict[str, Fault]] = {}
    for generate in GENERATORS:
        for fault in generate(world):
            if fault.operations or fault.edits:
                found.setdefault(fault.kind, {})[fault.place] = fault
    return {
        kind: [faults[place] for place in shuffled(sorted(faults), "order", kind)]
        for kind, faults in found.items()
    }
