"""What a change changes, by the named parts of a workspace: two fixes may share a file, and no part of it."""

from collections.abc import Mapping
from typing import Any

from fixloop.errors import FixloopError
from fixloop.hints.model import Hint
from fixloop.workspace.model import Workspace
from fixloop.workspace.snapshot import Snapshot


def parts_of(workspace: Workspace) -> dict[str, Any]:
    """`<path>#<name>` to the typed part that stands there."""
    intents, fetch = workspace.intents, workspace.fetch
    named: dict[str, Mapping[str, Any]] = {
        "workspace/templates.yaml": workspace.templates,
        "workspace/intents.yaml": {**intents.intents, "root": intents.root},
        "workspace/intents.yaml thresholds": intents.thresholds,
        "workspace/extraction.yaml": {rule.path: rule for rule in workspace.extraction},
        "workspace/fetch.yaml": {
            **{" ".join(signal.key): signal for signal in fetch.signals},
            **{f"source {name}": source for name, source in fetch.sources.items()},
            "threshold": fetch.threshold,
            "margin": fetch.margin,
        },
        "plan_trees": workspace.plan_trees,
        "workspace/examples": workspace.examples,
    }
    return {f"{place}#{name}": part for place, parts in named.items() for name, part in parts.items()}


def changed_parts(before: Workspace, after: Workspace) -> frozenset[str]:
    """The parts that differ, or stand on one side only."""
    old, new = parts_of(before), parts_of(after)
    return frozenset(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def beyond_the_hint(base: Snapshot, known: Workspace, proposed: Snapshot, hint: Hint) -> list[str]:
    """Parts that the proposed workspace changes and the hint's operations, made on the base, do not.

    Empty where the operations cannot be made on this base: then nothing is known of them, and the files they
    may touch are all there is to go by.
    """
    from fixloop.fixes.apply import apply_operations
    from fixloop.workspace.load import load_workspace  # loads pydantic, which a person's change does without

    try:
        applied = apply_operations(base, hint.operations)
        if all(
            proposed.blob(path) == applied.snapshot.blob(path) for path in _files(applied.snapshot, proposed)
        ):
            return []
        expected, found = load_workspace(applied.snapshot), load_workspace(proposed)
    except FixloopError:
        return []
    return sorted(changed_parts(known, found) - changed_parts(known, expected))


def _files(one: Snapshot, other: Snapshot) -> list[str]:
    paths = {*one.paths(), *other.paths()}
    return [path for path in sorted(paths) if path.startswith(("workspace/", "plan_trees/"))]
