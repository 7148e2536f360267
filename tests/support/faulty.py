"""A fault written into the files, as a person's slip would put it there: the slow road for comparison."""

import json
from typing import Any

from fixloop.mutants.mutant import (
    EdgeEdit,
    ExampleEdit,
    FetchEdit,
    Mutant,
    RuleEdit,
    ThresholdEdit,
    TreeEdit,
)
from fixloop.workspace.plan_tree import branch_to_value
from fixloop.workspace.snapshot import Overlay, Snapshot
from fixloop.workspace.yaml_source import parse_yaml

EXTRACTION, FETCH, INTENTS = (f"workspace/{name}.yaml" for name in ("extraction", "fetch", "intents"))


def with_fault(snapshot: Snapshot, mutant: Mutant) -> Overlay:
    """The snapshot with the mutant's file written anew; JSON is YAML, and says exactly what is meant."""
    path, value = _written(snapshot, mutant)
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Overlay(snapshot, {path: data})


def _written(snapshot: Snapshot, mutant: Mutant) -> tuple[str, Any]:
    edit = mutant.edit
    if isinstance(edit, TreeEdit):
        tree = edit.tree
        branches = [branch_to_value(branch) for branch in tree.branches]
        return tree.path, {"leaf": tree.leaf, "stability": tree.stability, "branches": branches}
    if isinstance(edit, RuleEdit):
        value = _yaml(snapshot, EXTRACTION)
        rule = edit.rule
        found = value["groups"][rule.group][rule.name]
        found |= {"patterns": list(rule.patterns), "values": list(rule.values)}
        if rule.variants is None:
            found.pop("variants", None)
        return EXTRACTION, value
    if isinstance(edit, FetchEdit):
        value = _yaml(snapshot, FETCH)
        for written, signal in zip(value["signals"], edit.rules.signals, strict=True):
            written["weight"] = signal.weight
        return FETCH, {**value, "threshold": edit.rules.threshold}
    if isinstance(edit, ExampleEdit):
        path = f"workspace/examples/{edit.leaf}.jsonl"
        lines = (snapshot.read(path) or b"").splitlines(keepends=True)
        return path, b"".join(line for line in lines if json.loads(line)["text"] != edit.text)
    value = _yaml(snapshot, INTENTS)
    if isinstance(edit, EdgeEdit):
        level = value["root"] if edit.parent == "root" else value["intents"][edit.parent]["children"]
        level.remove(edit.child)
    if isinstance(edit, ThresholdEdit):
        value["thresholds"][edit.level] = edit.to
    return INTENTS, value


def _yaml(snapshot: Snapshot, path: str) -> Any:
    return parse_yaml(path, snapshot.read(path) or b"").value
