"""Which leaves and branches the cases reach, and where those stand that none does.

A branch is reached when a case's way through the plan tree ends in it, in any suite that plans. What only
failing cases reach is told apart: it runs, and nothing says that it is right.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fixloop.errors import Place
from fixloop.evals.result import PASS, EvalReport
from fixloop.workspace.model import Branch, PlanTree, Workspace
from fixloop.workspace.snapshot import Snapshot

if TYPE_CHECKING:
    from fixloop.workspace.yaml_source import Document

Way = tuple[str, ...]
"""A leaf, then the ids of the branches that held, outermost first."""


@dataclass(frozen=True, slots=True)
class BranchCoverage:
    """One answering branch: where it stands, and how many cases that pass and that fail end in it."""

    leaf: str
    branch: str
    place: Place
    passing: int
    failing: int

    def to_json(self) -> dict[str, Any]:
        """Its place as `file:line:column`."""
        return {"leaf": self.leaf, "branch": self.branch, "place": str(self.place)}


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every answering branch by leaf and order, and how many cases expect or reach each leaf."""

    branches: tuple[BranchCoverage, ...]
    cases: dict[str, int]

    @property
    def uncovered(self) -> tuple[BranchCoverage, ...]:
        """Branches that no case reaches."""
        return tuple(one for one in self.branches if not one.passing + one.failing)

    @property
    def only_failing(self) -> tuple[BranchCoverage, ...]:
        """Branches that only failing cases reach."""
        return tuple(one for one in self.branches if one.failing and not one.passing)

    @property
    def bare_leaves(self) -> tuple[str, ...]:
        """Leaves that no case expects or reaches."""
        return tuple(leaf for leaf, count in self.cases.items() if not count)

    def to_json(self) -> dict[str, Any]:
        """As under `coverage` of `eval --json`."""
        return {
            "leaves": {
                "total": len(self.cases),
                "covered": len(self.cases) - len(self.bare_leaves),
                "uncovered": list(self.bare_leaves),
                "cases": self.cases,
            },
            "branches": {
                "total": len(self.branches),
                "covered": len(self.branches) - len(self.uncovered),
                "uncovered": [one.to_json() for one in self.uncovered],
                "only_failing": [one.to_json() for one in self.only_failing],
            },
        }


def measure_coverage(workspace: Workspace, snapshot: Snapshot, report: EvalReport) -> Coverage:
    """What the cases of a report reach of the workspace they were judged on; `snapshot` gives the places."""
    passing: Counter[Way] = Counter()
    failing: Counter[Way] = Counter()
    leaves: Counter[str] = Counter()
    for result in report:
        if "way" in result.trace:
            way = tuple(result.trace["way"])
            (passing if result.outcome == PASS else failing)[way] += 1
            leaves[way[0]] += 1
        elif result.case.suite == "intent":
            leaves[result.expected] += 1
    branches = [
        BranchCoverage(leaf, way[-1], place, passing[way], failing[way])
        for leaf, tree in sorted(workspace.plan_trees.items())
        for way, place in _answering(tree, snapshot)
    ]
    known = sorted({*workspace.intents.leaves, *workspace.plan_trees})
    return Coverage(tuple(branches), {leaf: leaves[leaf] for leaf in known})


def _answering(tree: PlanTree, snapshot: Snapshot) -> Iterator[tuple[Way, Place]]:
    """The way to each branch that answers, and where the branch stands."""
    from fixloop.workspace.yaml_source import parse_yaml  # YAML is not loaded where nothing is drawn of it

    document = parse_yaml(tree.path, snapshot.read(tree.path) or b"")
    yield from _below(document, (tree.leaf,), (), tree.branches)


def _below(
    document: "Document", way: Way, keys: tuple[str | int, ...], branches: Sequence[Branch]
) -> Iterator[tuple[Way, Place]]:
    for number, branch in enumerate(branches):
        here: tuple[str | int, ...] = (*keys, "branches", number)
        if branch.branches:
            yield from _below(document, (*way, branch.id), here, branch.branches)
        else:
            yield (*way, branch.id), document.place(*here)
