"""What branches elsewhere do: under the same condition, with the same reply, with the same tool.

The trees of a workspace are written by one team, to one habit: where ten trees answer a condition in one way
and an eleventh does not, the eleventh is the likelier to be wrong. All measures here are log ratios, in nats,
of how usual a change would be against what is there, counted over all branches but the one that answered.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

from fixloop.hints.ids import canonical_json
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.readings.actions import decides, flat_branches
from fixloop.propose.words.words import stems
from fixloop.workspace.model import Branch, Condition, ToolCall, Workspace

MOST = 3.0
"""Beyond which more branches say no more, either way."""

UNHEARD_OF = 0.3
"""What something counts for that no other branch does."""

LIKE_NAMED = 2.0
"""What an argument from the column of its own name counts for besides: as much as two calls that do so."""

SPOKEN = 3.0
"""What a value all of whose words are the leaf's or the reply's own counts for."""

NOWHERE_ELSE = 0.05
"""How often a wrong reply is one that no other branch gives: by mistake a branch says what another says."""

FEWEST_ALONE, MOST_ALONE = 0.1, 0.9
"""Bounds of the part of a workspace's branches whose reply is their own alone."""

Deed = tuple[str, tuple[str, ...]]
"""A reply and the sorted names of the tools called with it."""


@dataclass(frozen=True, slots=True)
class Kin:
    """How many branches do what; `branches` by their condition's representation, values as canonical JSON.

    `branches` are those of trees that decide anything: what always does one thing shows no habit of deciding.
    `values` is by tool and argument, `columns` by argument alone: tools name the same thing alike. A call
    without an argument has the value `null` there. `here` are the answering branches by leaf and id, `given`
    how many of them give each reply.
    """

    here: Mapping[tuple[str, str], Branch]
    branches: Mapping[str, tuple[Condition | None, Counter[Deed]]]
    tools: Mapping[str, Counter[tuple[str, ...]]]
    replies: Mapping[tuple[str, ...], Counter[str]]
    values: Mapping[tuple[str, str], Counter[str]]
    columns: Mapping[str, Counter[str]]
    given: Mapping[str, int]

    @classmethod
    def of(cls, workspace: Workspace) -> "Kin":
        """The habits of a workspace."""
        branches: dict[str, tuple[Condition | None, Counter[Deed]]] = {}
        tools: dict[str, Counter[tuple[str, ...]]] = {}
        replies: dict[tuple[str, ...], Counter[str]] = {}
        values: dict[tuple[str, str], Counter[str]] = {}
        columns: dict[str, Counter[str]] = {}
        here = _answering(workspace)
        deciding = {leaf for leaf, tree in workspace.plan_trees.items() if decides(tree)}
        for (leaf, _), branch in here.items():
            reply, names = deed_of(branch)
            if leaf in deciding:
                branches.setdefault(repr(branch.when), (branch.when, Counter()))[1][reply, names] += 1
            tools.setdefault(reply, Counter())[names] += 1
            replies.setdefault(names, Counter())[reply] += 1
            for call in branch.tools:
                for arg in {*call.args, *arguments_of(workspace, call.name)}:
                    value = canonical_json(call.args.get(arg))
                    values.setdefault((call.name, arg), Counter())[value] += 1
                    columns.setdefault(arg, Counter())[value] += 1
        given = Counter(branch.reply or "" for branch in here.values())
        return cls(here, branches, tools, replies, values, columns, given)

    def under(self, branch: Branch, deed: Deed) -> float:
        """How usual a deed is under a branch's condition, against what the branch does."""
        known = self.branches.get(repr(branch.when))
        return _ratio(known[1], deed, deed_of(branch)) if known else 0.0

    def with_reply(self, branch: Branch, names: tuple[str, ...]) -> float:
        """How usual these tools are with the branch's reply, against those it calls."""
        reply, now = deed_of(branch)
        return _ratio(self.tools.get(reply, Counter()), names, now)

    def with_tools(self, branch: Branch, reply: str) -> float:
        """How usual another reply is with a branch's calls, against its own; 0 where it calls nothing."""
        now, names = deed_of(branch)
        return _ratio(self.replies.get(names, Counter()), reply, now) if names else 0.0

    def misplaced(self, reply: str | None) -> float:
        """What speaks against another reply in a branch, in nats: that nobody else gives its present one.

        The log of how seldom a wrong reply is given nowhere else, against any branch's reply; 0 for others.
        """
        if self.given.get(reply or "", 0) > 1:
            return 0.0
        alone = sum(1 for count in self.given.values() if count == 1) / max(1, sum(self.given.values()))
        return log(NOWHERE_ELSE / min(MOST_ALONE, max(FEWEST_ALONE, alone)))

    def argument(self, call: ToolCall, other: ToolCall, about: frozenset[str]) -> float:
        """How usual the arguments of another call of a tool are against those of the branch's own call.

        `about` are the stems of leaf and reply: among the values of a list, one of theirs is likelier.
        """
        total = 0.0
        for arg in sorted({*call.args, *other.args}):
            now, then = call.args.get(arg), other.args.get(arg)
            if canonical_json(now) != canonical_json(then):
                total += self.usual(call.name, arg, then, about) - self.usual(call.name, arg, now, about, 1)
        return _clipped(total)

    def usual(self, tool: str, arg: str, value: Any, about: frozenset[str], own: int = 0) -> float:
        """How usual a value is for an argument; `own` calls that have it are left out."""
        key = canonical_json(value)
        here = max(0, self.values.get((tool, arg), Counter())[key] - own)
        found = UNHEARD_OF + here
        if isinstance(value, str) and "{{" in value:
            elsewhere = max(0, self.columns.get(arg, Counter())[key] - own - here)
            found += elsewhere / 2 + LIKE_NAMED * (value.strip("{} ").rpartition(".")[2] == arg)
            return log(found)
        every = sum(self.values.get((tool, arg), Counter()).values()) - own
        words = stems(value) if isinstance(value, str) else frozenset()
        spoken = len(words & about) / len(words) if words else 0.0
        return log(UNHEARD_OF + here / max(1, every) + SPOKEN * spoken)


def kin_of(bench: Workbench) -> Kin:
    """The habits of a base, counted once."""
    if "kin" not in bench.kept:
        bench.kept["kin"] = Kin.of(bench.workspace)
    found: Kin = bench.kept["kin"]
    return found


def deed_of(branch: Branch) -> Deed:
    """What an answering branch does."""
    return branch.reply or "", tuple(sorted(call.name for call in branch.tools))


def arguments_of(workspace: Workspace, tool: str) -> Sequence[str]:
    """The arguments that a tool's schema knows."""
    known = workspace.tools.get(tool)
    return tuple(known.args.get("properties", {})) if known else ()


def _answering(workspace: Workspace) -> dict[tuple[str, str], Branch]:
    trees = workspace.plan_trees.items()
    return {(leaf, one.id): one for leaf, tree in trees for one in flat_branches(tree.branches) if one.reply}


def _ratio(counts: Counter[Any], then: Any, now: Any) -> float:
    """How often one against the other, the branch that is asked about left out."""
    if then == now:
        return 0.0
    others = max(0, counts[now] - 1)
    return _clipped(log((counts[then] + 1) / (others + 1)))


def _clipped(value: float) -> float:
    return max(-MOST, min(MOST, value))
