"""Coverage: every branch counted once, by its way; what no case reaches is named with file and line."""

from fixloop.evals.cases import load_cases
from fixloop.evals.coverage import Coverage, measure_coverage
from fixloop.evals.run import evaluate
from fixloop.pipeline.compile import compile_pipeline
from fixloop.ports.cache import NoCache
from fixloop.workspace.load import load_workspace
from tests.support.worlds import build_snapshot, minimal_world

TREE = """\
leaf: account_locked
owner: identity-team
branches:
  - when: {fetched.count: 1}
    id: one
    branches:
      - {id: fraud, when: {record.fraud_flag: true}, reply: handover}
      - {id: calm, reply: handover}
  - {id: none, reply: handover}
"""
RECORD = "records: [{account_id: a, fraud_flag: true}]"


def measured(*cases: str) -> Coverage:
    world = minimal_world(account_locked=TREE)
    world["evals/plan/a.yaml"] = "\n".join(f"- {{id: c{n}, {case}}}" for n, case in enumerate(cases))
    world["evals/intent/a.yaml"] = "- {id: i1, text: locked out again, expect: login_problem}"
    snapshot = build_snapshot(world)
    workspace = load_workspace(snapshot)
    return measure_coverage(
        workspace, snapshot, evaluate(compile_pipeline(workspace, NoCache()), load_cases(snapshot))
    )


def ways(found: Coverage, leaf: str = "account_locked") -> dict[str, tuple[int, int]]:
    return {one.branch: (one.passing, one.failing) for one in found.branches if one.leaf == leaf}


def test_each_answering_branch_counts_the_cases_that_end_in_it() -> None:
    found = measured(
        f"leaf: account_locked, {RECORD}, expect: {{reply: handover}}",
        "leaf: account_locked, expect: {branch: one}",
    )
    assert ways(found) == {"fraud": (1, 0), "calm": (0, 0), "none": (0, 1)}
    assert [one.branch for one in found.only_failing] == ["none"]


def test_what_no_case_reaches_is_named_with_file_and_line() -> None:
    found = measured(f"leaf: account_locked, {RECORD}, expect: {{reply: handover}}")
    places = {one.branch: str(one.place) for one in found.uncovered if one.leaf == "account_locked"}
    assert places == {
        "calm": "plan_trees/account_locked.yaml:8:9",
        "none": "plan_trees/account_locked.yaml:9:5",
    }


def test_leaves_without_a_case_are_named_and_an_intent_case_is_one() -> None:
    found = measured(f"leaf: account_locked, {RECORD}, expect: {{reply: handover}}")
    assert found.cases["account_locked"] == 1 and found.cases["login_problem"] == 1
    assert found.bare_leaves == ("payment_recall", "transfer_failed")
    told = found.to_json()
    assert told["leaves"]["covered"] == 2 and told["leaves"]["total"] == 4
    assert told["branches"]["covered"] == 1
