"""What each operator spoils, told by the faults it names in a small world."""

from dataclasses import replace

import pytest

from fixloop.mutants.mutant import FetchEdit, Mutant, RuleEdit, TreeEdit
from fixloop.mutants.operators import EXAMPLES_A_LEAF, STEPS, find_mutants
from fixloop.mutants.trees import is_sound, sites, with_branch
from fixloop.workspace.load import inspect_workspace
from fixloop.workspace.model import Workspace
from tests.support.faulty import with_fault
from tests.support.worlds import build_snapshot, build_workspace, minimal_world
from tests.unit.mutants.busy import busy_snapshot

BUSY = busy_snapshot()


def busy() -> Workspace:
    found = inspect_workspace(BUSY).workspace
    assert found is not None
    return found


def summaries(operator: str, workspace: Workspace | None = None) -> list[str]:
    return [one.summary for one in find_mutants(workspace or busy()) if one.operator == operator]


def test_a_branch_goes_and_the_default_stays() -> None:
    gone = summaries("drop a branch")
    assert "branch fraud is gone" in gone
    assert not any("default" in one for one in gone)


def test_a_branch_that_keeps_others_from_the_record_cannot_go() -> None:
    """Without the branch for no record, `check` refuses what reads the record: such a fault never lands."""
    tree = busy().plan_trees["login_problem"]
    assert [one.operator for one in find_mutants(busy(), leaves=["login_problem"], steps=["plan"])].count(
        "drop a branch"
    ) == 0
    assert not is_sound(replace(tree, branches=tree.branches[1:]), busy())


def test_two_neighbours_change_places_and_nothing_passes_the_default() -> None:
    moved = summaries("reorder branches")
    assert any(one.startswith("branch fraud stands before ") for one in moved)
    assert any(one.endswith(" stands before fraud") for one in moved)
    assert not any("default" in one for one in moved)


@pytest.mark.parametrize(
    ("operator", "said"),
    [
        ("negate a condition", "branch fraud asks not (record.fraud_flag = true)"),
        ("widen a condition", "branch fraud asks only record.fraud_flag exists true"),
        ("drop a tool call", "branch fraud does not call escalate_to_security"),
        ("swap a tool", "branch fraud calls block_card"),
        ("change a tool argument", 'branch fraud calls escalate_to_security with urgency "low"'),
        ("change a tool argument", "branch fraud calls escalate_to_security with no urgency"),
        ("shift a weight", "account.branch at accounts.branch weighs 4, not 2"),
        ("shift the fetch threshold", "the threshold is 2, not 4"),
        ("remove a vocabulary value", 'card.kind does not know "girocard"'),
        ("loosen a pattern", r'card.last_four finds more with "(?i)\\bending (\\d{4})"'),
        ("break a pattern", r'card.last_four finds less with "\\bending (\\d{4})(?!\\d)"'),
        ("switch variants off", "account.account_number is taken as it is spelt"),
        ("remove an example", 'account_locked does not know "my account is locked"'),
        ("cut an edge", "account_access does not lead to login_problem"),
        ("shift an intent threshold", "the threshold of root is 0.4, not 0.3"),
    ],
)
def test_a_fault_says_what_it_is(operator: str, said: str) -> None:
    assert said in summaries(operator)


def test_a_nested_branch_is_spoilt_as_well() -> None:
    paths = {len(site.path) for site in sites(busy().plan_trees["account_locked"])}
    assert paths == {1, 2}
    assert any("card.kind exists" in one for one in summaries("widen a condition"))


def test_an_id_of_content_follows_what_the_branch_does_and_a_given_one_stays() -> None:
    tree = busy().plan_trees["account_locked"]
    first, named = sites(tree)[0], next(site for site in sites(tree) if site.branch.id == "fraud")
    changed = with_branch(tree, first, lambda branch: replace(branch, reply="ask_which_account"))
    assert changed.branches[0].id != tree.branches[0].id
    assert changed.branches[1:] == tree.branches[1:]
    kept = with_branch(tree, named, lambda branch: replace(branch, reply="ask_which_account"))
    assert [branch.id for branch in kept.branches] == [branch.id for branch in tree.branches]


def test_every_fault_is_a_workspace_that_check_takes_and_no_other_file_moves() -> None:
    for mutant in find_mutants(busy()):
        inspection = inspect_workspace(with_fault(BUSY, mutant))
        assert inspection.workspace is not None, (mutant.summary, inspection.errors)
        in_memory = mutant.apply(busy())
        assert in_memory != busy(), mutant.summary
        if isinstance(mutant.edit, TreeEdit | RuleEdit | FetchEdit):
            read = inspection.workspace
            assert read.extraction == in_memory.extraction, mutant.summary
            assert read.fetch.signals == in_memory.fetch.signals
            ours = {leaf: tree.branches for leaf, tree in in_memory.plan_trees.items()}
            assert {leaf: tree.branches for leaf, tree in read.plan_trees.items()} == ours, mutant.summary


def test_the_same_files_give_the_same_faults_in_the_same_order() -> None:
    first, second = find_mutants(busy()), find_mutants(busy())
    assert [one.id for one in first] == [one.id for one in second]
    assert len({one.id for one in first}) == len(first)


def test_a_sample_is_part_of_the_whole_and_drawn_for_each_leaf_and_step() -> None:
    whole = {one.id for one in find_mutants(busy(), steps=["plan"])}
    drawn = find_mutants(busy(), steps=["plan"], most=4)
    assert {one.id for one in drawn} < whole
    counts: dict[str, int] = {}
    for one in drawn:
        counts[one.leaf] = counts.get(one.leaf, 0) + 1
    assert counts == {"account_locked": 4, "login_problem": 2, "transfer_failed": 1}
    assert {one.id for one in drawn} <= {one.id for one in find_mutants(busy(), steps=["plan"], most=5)}


def test_of_a_leaf_with_many_examples_a_few_are_tried() -> None:
    lines = "".join(f'{{"text": "locked for the {n}. time"}}\n' for n in range(9))
    world = {**minimal_world(), "workspace/examples/account_locked.jsonl": lines}
    workspace = build_workspace(world)
    tried = [one for one in find_mutants(workspace, steps=["intent"]) if one.operator == "remove an example"]
    assert [one.leaf for one in tried].count("account_locked") == EXAMPLES_A_LEAF
    more = find_mutants(workspace, steps=["intent"], leaves=["account_locked"], most=50)
    assert len([one for one in more if one.operator == "remove an example"]) == 9


def test_named_leaves_leave_out_what_leaves_share() -> None:
    found = find_mutants(busy(), leaves=["login_problem"])
    assert {one.leaf for one in found} == {"login_problem"}
    assert {one.step for one in found} == {"plan", "intent"}


def test_steps_stand_in_the_order_of_the_pipeline() -> None:
    steps = list(dict.fromkeys(one.step for one in find_mutants(busy())))
    assert steps == list(STEPS)


def test_a_workspace_without_anything_has_no_faults() -> None:
    files = {
        "fixloop.yaml": "fixloop: 1\n",
        "workspace/intents.yaml": "root: [a]\nintents: {a: {description: A.}}\n",
    }
    assert find_mutants(build_workspace(build_snapshot(files).files)) == ()


def test_a_mutant_is_told_as_json() -> None:
    mutant = next(one for one in find_mutants(busy()) if one.summary == "branch fraud is gone")
    assert isinstance(mutant, Mutant)
    assert mutant.to_json() == {
        "id": mutant.id,
        "operator": "drop a branch",
        "step": "plan",
        "leaf": "account_locked",
        "target": "plan_trees/account_locked.yaml#fraud",
        "summary": "branch fraud is gone",
    }
