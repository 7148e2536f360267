"""Plan trees taken apart and put together again: every place of a fault, with ids as a file gives them."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fixloop.workspace.model import Branch, PlanTree, Workspace
from fixloop.workspace.plan_tree import DEFAULT, branch_id, condition_to_value, tool_to_value
from fixloop.workspace.reach import ONE, visit_branches

Path = tuple[int, ...]
"""Where a branch stands: its index on each level, outermost first."""

_READS_RECORD = re.compile(r"\{[{%][^{}]*\brecord\b")
_FROM_CONTENT = ""


@dataclass(frozen=True, slots=True)
class Site:
    """One branch of a tree: its place and the branches of its level."""

    path: Path
    branch: Branch
    level: tuple[Branch, ...]

    @property
    def index(self) -> int:
        """Its place on its level."""
        return self.path[-1]

    @property
    def name(self) -> str:
        """How operations name it: its id, or `default` for the outermost branch without a condition."""
        return DEFAULT if self.branch.when is None and len(self.path) == 1 else self.branch.id


def sites(tree: PlanTree) -> tuple[Site, ...]:
    """Every branch, a nested one after the branch that holds it."""
    return tuple(_sites(tree.branches, ()))


def _sites(level: tuple[Branch, ...], above: Path) -> Iterator[Site]:
    for index, branch in enumerate(level):
        yield Site((*above, index), branch, level)
        yield from _sites(branch.branches, (*above, index))


def with_level(tree: PlanTree, site: Site, level: Sequence[Branch]) -> PlanTree:
    """The tree with other branches on a site's level; ids that come of content are drawn anew."""
    loose = _forget_ids(tree.branches, ())
    return replace(tree, branches=_draw_ids(_put(loose, site.path[:-1], tuple(level)), ()))


def with_branch(tree: PlanTree, site: Site, change: Callable[[Branch], Branch]) -> PlanTree:
    """The tree with one branch changed."""
    level = list(site.level)
    own = is_named(tree, site)
    changed = change(site.branch)
    level[site.index] = changed if own else replace(changed, id=_FROM_CONTENT)
    return with_level(tree, site, level)


def is_named(tree: PlanTree, site: Site) -> bool:
    """Whether somebody gave the branch its id, and it does not follow from what the branch does."""
    above: list[Any] = []
    branches = tree.branches
    for index in site.path[:-1]:
        above.append(condition_to_value(branches[index].when))
        branches = branches[index].branches
    return site.branch.id != _id_of(site.branch, above)


def _put(level: tuple[Branch, ...], path: Path, new: tuple[Branch, ...]) -> tuple[Branch, ...]:
    if not path:
        return new
    below = replace(level[path[0]], branches=_put(level[path[0]].branches, path[1:], new))
    return (*level[: path[0]], below, *level[path[0] + 1 :])


def _forget_ids(level: tuple[Branch, ...], above: Sequence[Any]) -> tuple[Branch, ...]:
    return tuple(
        replace(
            branch,
            id=_FROM_CONTENT if branch.id == _id_of(branch, above) else branch.id,
            branches=_forget_ids(branch.branches, (*above, condition_to_value(branch.when))),
        )
        for branch in level
    )


def _draw_ids(level: tuple[Branch, ...], above: Sequence[Any]) -> tuple[Branch, ...]:
    return tuple(
        replace(
            branch,
            id=branch.id or _id_of(branch, above),
            branches=_draw_ids(branch.branches, (*above, condition_to_value(branch.when))),
        )
        for branch in level
    )


def _id_of(branch: Branch, above: Sequence[Any]) -> str:
    when = condition_to_value(branch.when)
    return branch_id([*above, when] if above else when, branch.reply, list(map(tool_to_value, branch.tools)))


def is_sound(tree: PlanTree, workspace: Workspace) -> bool:
    """Whether `check` would take the tree: what it refuses can never land, and is no fault to measure.

    Each level ends with its default and asks nothing twice, no id stands twice, and what reads the record is
    reached with exactly one.
    """
    visits = tuple(visit_branches(tree.branches))
    ids = [visit.branch.id for visit in visits]
    if len(set(ids)) < len(ids) or not _levels_are_sound(tree.branches):
        return False
    return all(visit.counts <= {ONE} or not _reads_record(visit.branch, workspace) for visit in visits)


def _levels_are_sound(level: tuple[Branch, ...]) -> bool:
    if not level or level[-1].when is not None or any(branch.when is None for branch in level[:-1]):
        return False
    asked = [repr(condition_to_value(branch.when)) for branch in level]
    return len(set(asked)) == len(asked) and all(
        _levels_are_sound(branch.branches) for branch in level if branch.branches
    )


def _reads_record(branch: Branch, workspace: Workspace) -> bool:
    template = workspace.templates.get(branch.reply or "")
    texts = [*(template.texts.values() if template else ()), *(str(call.args) for call in branch.tools)]
    return any("record" in text and _READS_RECORD.search(text) for text in texts)
