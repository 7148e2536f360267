"""Branches in a plan tree's file, found by id.

A branch without an `id:` is named by a digest of what it does, so an edit renames it. An operation of the
same hint, or the same hint applied twice, still means the branch by its old name: it is found by asking which
branch would have that name if the hint's other edits were undone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Protocol, runtime_checkable

from fixloop.errors import BadInput
from fixloop.fixes.values import alike, same
from fixloop.fixes.yaml_file import YamlFile, read_yaml_file
from fixloop.workspace.model import Workspace
from fixloop.workspace.plan_tree import DEFAULT, branch_id, condition_to_value, parse_condition
from fixloop.workspace.snapshot import Snapshot, below

PLAN_TREES = "plan_trees/"
_MOST_VERSIONS = 64
_BRANCH_KEYS = ("id", "when", "reply", "tools", "review", "branches")


@runtime_checkable
class Undo(Protocol):
    """An edit inside a branch that can say what the branch was before it."""

    def undone(self, branch: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The branches that this edit would have made this one of; none if it has not been made."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """A branch in the file: its key path, its value, and the branches it is nested in, outermost first."""

    keys: tuple[str | int, ...]
    branch: dict[str, Any]
    above: tuple[dict[str, Any], ...] = ()

    @property
    def siblings(self) -> tuple[str | int, ...]:
        """The key path of the list it stands in."""
        return self.keys[:-1]

    @property
    def index(self) -> int:
        """Its position in that list."""
        return int(self.keys[-1])


def plan_path(workspace: Workspace, leaf: str) -> str:
    """The file of a leaf's plan tree, or where it would be."""
    tree = workspace.plan_trees.get(leaf)
    return tree.path if tree else conventional_path(leaf)


def conventional_path(leaf: str) -> str:
    """Where a leaf's plan tree stands unless somebody put it elsewhere."""
    return f"{PLAN_TREES}{leaf}.yaml"


def find_plan_file(snapshot: Snapshot, leaf: str) -> YamlFile | None:
    """The file whose `leaf:` is this leaf."""
    file = read_yaml_file(snapshot, conventional_path(leaf))
    if file is not None and file.get("leaf") == leaf:
        return file
    for path in below(snapshot, PLAN_TREES):
        # Most files do not even hold the name; those need no parsing.
        if path.endswith(".yaml") and leaf.encode() in (snapshot.read(path) or b""):
            file = read_yaml_file(snapshot, path)
            if file is not None and file.get("leaf") == leaf:
                return file
    return None


def walk(file: YamlFile) -> Iterator[Found]:
    """Every branch, nested ones after the one they are in."""
    yield from _walk(file.value, (), ())


def find_branches(file: YamlFile, name: str, companions: Sequence[object] = ()) -> list[Found]:
    """The branches an operation means by `name`; one, unless the file is not what it was written for."""
    branches = list(walk(file))
    if name == DEFAULT:
        return [found for found in branches if not found.above and found.branch.get("when") is None]
    if exact := [found for found in branches if name_of(found.branch, found.above) == name]:
        return exact
    edits = [edit for edit in companions if isinstance(edit, Undo)]
    return [found for found in branches if name in _former_names(found, edits)] if edits else []


def ordered_branch(branch: dict[str, Any]) -> dict[str, Any]:
    """A branch with its keys in the order in which people write them."""
    value = {key: branch[key] for key in _BRANCH_KEYS if key in branch}
    if "tools" in value:
        value["tools"] = [
            {key: tool[key] for key in ("name", "args") if key in tool} for tool in value["tools"]
        ]
    if "branches" in value:
        value["branches"] = [ordered_branch(inner) for inner in value["branches"]]
    return value


def name_of(branch: dict[str, Any], above: Sequence[dict[str, Any]] = ()) -> str:
    """A branch's id, written or digest; "" where it cannot have one."""
    if branch.get("id"):
        return str(branch["id"])
    try:
        conditions = [canonical_when(outer.get("when")) for outer in (*above, branch)]
        when = conditions if above else conditions[0]
        return branch_id(when, branch.get("reply"), branch.get("tools") or [])
    except (BadInput, KeyError, TypeError, AttributeError):
        return ""


def canonical_when(when: Any) -> Any:
    """A condition in its shortest spelling; None for the default's."""
    return condition_to_value(parse_condition(when))


def same_when(a: Any, b: Any) -> bool:
    """Whether two conditions mean the same, however they are spelled."""
    try:
        return alike(canonical_when(a), canonical_when(b))
    except BadInput:
        return alike(a, b)


def canonical_branch(branch: dict[str, Any]) -> dict[str, Any]:
    """A branch with its condition spelled one way and empty parts left out, to compare."""
    value = {key: part for key, part in branch.items() if part not in (None, [], {})}
    if "when" in value:
        value["when"] = canonical_when(value["when"])
    if "tools" in value:
        value["tools"] = [{key: part for key, part in tool.items() if part} for tool in value["tools"]]
    if "branches" in value:
        value["branches"] = [canonical_branch(inner) for inner in value["branches"]]
    return value


def versions(branch: dict[str, Any], edits: Sequence[Undo]) -> list[dict[str, Any]]:
    """The branch as it is, and as it was with any of the edits undone, the last first."""
    found = [branch]
    for edit in reversed(edits):
        for version in found[:_MOST_VERSIONS]:
            found += [old for old in edit.undone(version) if not any(same(old, known) for known in found)]
    return found


def _walk(value: Any, keys: tuple[str | int, ...], above: tuple[dict[str, Any], ...]) -> Iterator[Found]:
    branches = value.get("branches") if isinstance(value, dict) else None
    for index, branch in enumerate(branches if isinstance(branches, list) else []):
        if isinstance(branch, dict):
            here = (*keys, "branches", index)
            yield Found(here, branch, above)
            yield from _walk(branch, here, (*above, branch))


def _former_names(found: Found, edits: Sequence[Undo]) -> set[str]:
    above = [versions(outer, edits) for outer in found.above]
    own = versions(found.branch, edits)
    return {name_of(branch, outer) for branch in own for outer in product(*above)}
