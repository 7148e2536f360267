"""A fault to inject: one small edit of a typed workspace, as somebody's mistake would make it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from fixloop.hints.ids import content_id
from fixloop.workspace.model import FetchRules, FieldRule, Intent, IntentDag, PlanTree, Workspace


class TreeEdit(NamedTuple):
    """Another plan tree for its leaf."""

    tree: PlanTree

    def apply(self, workspace: Workspace) -> Workspace:
        """The workspace with that tree."""
        return replace(workspace, plan_trees={**workspace.plan_trees, str(self.tree.leaf): self.tree})


class RuleEdit(NamedTuple):
    """Another extraction rule for its field."""

    rule: FieldRule

    def apply(self, workspace: Workspace) -> Workspace:
        """The workspace with that rule."""
        rules = tuple(self.rule if one.path == self.rule.path else one for one in workspace.extraction)
        return replace(workspace, extraction=rules)


class FetchEdit(NamedTuple):
    """Other weights or another threshold; what matches what stays."""

    rules: FetchRules

    def apply(self, workspace: Workspace) -> Workspace:
        """The workspace with those rules."""
        return replace(workspace, fetch=self.rules)


class ExampleEdit(NamedTuple):
    """A leaf without one of its examples."""

    leaf: str
    text: str

    def apply(self, workspace: Workspace) -> Workspace:
        """The workspace without that example."""
        left = tuple(one for one in workspace.examples[self.leaf] if one.text != self.text)
        return replace(workspace, examples={**workspace.examples, self.leaf: left})


class EdgeEdit(NamedTuple):
    """A parent (or `root`) that no longer lists one of its children."""

    parent: str
    child: str

    def apply(self, workspace: Workspace) -> Workspace:
        """The workspace without that edge."""
        return replace(workspace, intents=_without_edge(workspace.intents, self.parent, self.child))


class ThresholdEdit(NamedTuple):
    """Another threshold for one level of the intents."""

    level: str
    to: float

    def apply(self, workspace: Workspace) -> Workspace:
        """The workspace with that threshold."""
        thresholds = {**workspace.intents.thresholds, self.level: self.to}
        return replace(workspace, intents=replace(workspace.intents, thresholds=thresholds))


Edit = TreeEdit | RuleEdit | FetchEdit | ExampleEdit | EdgeEdit | ThresholdEdit


@dataclass(frozen=True)
class Mutant:
    """One injected fault.

    `leaf` is the leaf it sits in, "" for what leaves share (a pattern, a weight, a threshold). `target` is
    `path#key`, as hints name places; `summary` says the fault so that no two of a target read the same.
    """

    operator: str
    step: str
    leaf: str
    target: str
    summary: str
    edit: Edit

    @cached_property
    def id(self) -> str:
        """`m-` and a digest of what is done where."""
        return content_id("m", self.operator, self.target, self.summary)

    def apply(self, workspace: Workspace) -> Workspace:
        """The workspace with the fault in it; everything else is shared with the sound one."""
        return self.edit.apply(workspace)

    def to_json(self) -> Mapping[str, Any]:
        """As in `guard --json`."""
        return {
            "id": self.id,
            "operator": self.operator,
            "step": self.step,
            "leaf": self.leaf or None,
            "target": self.target,
            "summary": self.summary,
        }


def _without_edge(dag: IntentDag, parent: str, child: str) -> IntentDag:
    if parent == "root":
        return replace(dag, root=tuple(one for one in dag.root if one != child))
    intent: Intent = dag.intents[parent]
    left = replace(intent, children=tuple(one for one in intent.children if one != child))
    return replace(dag, intents={**dag.intents, parent: left})
