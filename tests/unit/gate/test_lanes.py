"""A path's lane is told by what it touches."""

from pkgutil import iter_modules

import pytest

from fixloop.gate import checks
from fixloop.gate.lanes import FIX, JUDGE, MIXED, NEUTRAL, lane_of, sort_into_lanes
from fixloop.ports.git import Entry
from fixloop.workspace.model import GATE_CHECKS, LeafId, PlanTree

OLD, NEW = Entry("100644", "a" * 40), Entry("100644", "b" * 40)


@pytest.mark.parametrize(
    ("path", "is_new", "lane"),
    [
        ("plan_trees/account_locked.yaml", False, FIX),
        ("workspace/templates.yaml", False, FIX),
        ("workspace/examples/x.jsonl", True, FIX),
        ("evals/plan/h-1.yaml", True, FIX),
        ("evals/plan/base.yaml", False, JUDGE),
        ("fixloop.yaml", False, JUDGE),
        ("workspace/tools.yaml", False, JUDGE),
        ("workspace/records/accounts.jsonl", False, JUDGE),
        (".github/workflows/gate.yml", False, JUDGE),
        ("workspace/.gitattributes", True, JUDGE),
        ("README.md", False, NEUTRAL),
        ("src/app.py", True, NEUTRAL),
    ],
)
def test_lane_of(path: str, is_new: bool, lane: str) -> None:
    assert lane_of(path, is_new) == lane


def test_evaluator_and_improver_never_move_together() -> None:
    both = {"plan_trees/a.yaml": (OLD, NEW), "evals/plan/base.yaml": (OLD, NEW)}
    assert sort_into_lanes(both).lane == MIXED
    assert sort_into_lanes({"plan_trees/a.yaml": (OLD, NEW)}).lane == FIX
    assert sort_into_lanes({}).lane == NEUTRAL


def test_an_own_engine_is_what_decides() -> None:
    changes = {"engines/mine.py": (OLD, NEW)}
    assert sort_into_lanes(changes, ("engines/",)).lane == JUDGE
    assert sort_into_lanes(changes).lane == NEUTRAL


def test_who_may_change_a_tree_is_what_decides() -> None:
    def tree(owner: str, stability: str) -> dict[str, PlanTree]:
        return {"a": PlanTree(LeafId("a"), "plan_trees/a.yaml", (), owner, stability)}

    changes = {"plan_trees/a.yaml": (OLD, NEW)}
    assert sort_into_lanes(changes, (), tree("x", "guarded"), tree("x", "open")).lane == JUDGE
    assert sort_into_lanes(changes, (), tree("x", "open"), tree("y", "open")).lane == JUDGE
    assert sort_into_lanes(changes, (), tree("x", "open"), tree("x", "open")).lane == FIX


def test_policy_may_require_every_check_there_is() -> None:
    assert sorted(GATE_CHECKS) == sorted(module.name for module in iter_modules(checks.__path__))
