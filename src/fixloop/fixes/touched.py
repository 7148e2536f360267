"""Which leaves a change of something shared can reach."""

from collections.abc import Iterable
from typing import Any

from fixloop.workspace.model import Branch, LeafId, PlanTree, Workspace, other_of
from fixloop.workspace.plan_tree import all_tests


def every_leaf(workspace: Workspace) -> frozenset[LeafId]:
    """All leaves, each level's `other` included."""
    return frozenset(workspace.intents.all_leaves)


def leaves_below(workspace: Workspace, node: str) -> frozenset[LeafId]:
    """The leaves under a parent (or `root`) with its `other`; a leaf itself."""
    children = workspace.intents.children.get(node)
    if children is None:
        return frozenset({LeafId(node)})
    return frozenset({other_of(node)}).union(*(leaves_below(workspace, child) for child in children))


def leaves_replying(workspace: Workspace, template: str) -> frozenset[LeafId]:
    """The leaves that use a template; every `other` without a plan tree of its own has the fallback's."""
    users = {
        leaf
        for leaf, tree in workspace.plan_trees.items()
        if any(b.reply == template for b in _all(tree.branches))
    }
    if workspace.config.fallback_reply == template:
        users |= {leaf for leaf in workspace.intents.all_leaves if leaf not in workspace.plan_trees}
    return frozenset(map(LeafId, users))


def leaves_reading_records(workspace: Workspace) -> frozenset[LeafId]:
    """The leaves whose plan tree or replies look at what was fetched."""
    return _leaves_reading(workspace, ("record.", "records", "fetched."))


def leaves_reading_field(workspace: Workspace, field: str) -> frozenset[LeafId]:
    """The leaves that look at an extracted field, or at records when the field helps to fetch them."""
    fetches = any(signal.field == field for signal in workspace.fetch.signals)
    records = leaves_reading_records(workspace) if fetches else frozenset()
    return records | _leaves_reading(workspace, (f"fields.{field}",))


def _leaves_reading(workspace: Workspace, paths: tuple[str, ...]) -> frozenset[LeafId]:
    trees = workspace.plan_trees.items()
    return frozenset(LeafId(leaf) for leaf, tree in trees if _reads(workspace, tree, paths))


def _reads(workspace: Workspace, tree: PlanTree, paths: tuple[str, ...]) -> bool:
    for branch in _all(tree.branches):
        if any(test.path.startswith(paths) for test in all_tests(branch.when)):
            return True
        template = workspace.templates.get(branch.reply or "")
        said: list[Any] = [call.args for call in branch.tools]
        said += template.texts.values() if template else []
        if any(path in str(text) for text in said for path in paths):
            return True
    return False


def _all(branches: Iterable[Branch]) -> Iterable[Branch]:
    for branch in branches:
        yield branch
        yield from _all(branch.branches)
