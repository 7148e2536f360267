"""Plan edits: every kind of planted fault is undone by the smallest edit, and none touches what is right."""

from dataclasses import replace
from typing import Any

import pytest

from fixloop.fixes.apply import apply_operations
from fixloop.hints.model import Hint
from fixloop.hints.operation import Operation
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.dryrun import Dropped, dry_run
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.evidence.kin import Kin
from fixloop.propose.readings.actions import Action
from fixloop.propose.readings.interventions import Intervention
from fixloop.propose.synthesis.arguments import fitted
from fixloop.propose.synthesis.plan import synthesise
from fixloop.workspace.load import load_workspace
from fixloop.workspace.model import LeafId, ToolCall
from tests.support.worlds import build_snapshot, minimal_world
from tests.unit.propose.synthesis.benches import (
    CALL,
    ESCALATE,
    LEAF,
    LOCKED,
    TREE,
    bench_of,
    faulted,
    group,
    locked_bench,
    ops,
    plan_group,
    propose_all,
    told,
    world,
)

FAULTS: dict[str, tuple[Operation, str]] = {
    "wrong template": (
        Operation(
            "set_reply", {**LEAF, "branch": "fraud", "was": "security_escalation", "to": "transfer_help"}
        ),
        "set_reply",
    ),
    "tool missing": (Operation("remove_tool", {**LEAF, "branch": "fraud", "tool": CALL}), "add_tool"),
    "tool too many": (Operation("add_tool", {**LEAF, "branch": "default", "tool": CALL}), "remove_tool"),
    "argument wrong": (
        Operation(
            "set_tool_arg",
            {
                **LEAF,
                "branch": "fraud",
                "tool": "escalate_to_security",
                "arg": "account_id",
                "was": "{{ record.account_id }}",
                "to": "{{ record.branch }}",
            },
        ),
        "set_tool_arg",
    ),
    "condition negated": (
        Operation(
            "set_condition",
            {
                **LEAF,
                "branch": "fraud",
                "was": {"record.fraud_flag": True},
                "to": {"record.fraud_flag": False},
            },
        ),
        "set_condition",
    ),
    "value wrong": (
        Operation(
            "set_condition",
            {
                **LEAF,
                "branch": "fraud",
                "was": {"record.fraud_flag": True},
                "to": {"record.branch": "Nowhere"},
            },
        ),
        "",
    ),
    "branch dropped": (Operation("remove_branch", {**LEAF, "branch": "fraud"}), "add_branch"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_planted_fault_is_undone_for_every_ticket(fault: str) -> None:
    operation, kind = FAULTS[fault]
    right = world()
    wrong = faulted(right, operation)
    bench, rejected = locked_bench(right, wrong, fraud="the fraud flag is set, this goes to security")
    assert rejected, fault
    draft = synthesise(bench, plan_group(bench, rejected, right))
    assert isinstance(draft, Draft), draft
    assert draft.kind == (kind or draft.kind)
    hint = dry_run(bench, draft)
    assert isinstance(hint, Hint), hint
    mended = apply_operations(wrong, hint.operations).snapshot
    was, now = propose_all(right, LOCKED.values()), propose_all(mended, LOCKED.values())
    assert {text: one.outcome[2:] for text, one in now.items()} == {
        text: one.outcome[2:] for text, one in was.items()
    }
    assert len(hint.near_misses) >= 3
    assert hint.measured is not None
    assert hint.measured.fixed == len(hint.evidence)


def test_swapped_branches_are_put_in_order() -> None:
    tree = """\
leaf: account_locked
branches:
  - id: none
    when: {fetched.count: 0}
    reply: request_account_information
  - id: fraud
    when: {record.fraud_flag: true}
    reply: security_escalation
    tools: [{name: escalate_to_security, args: {account_id: "{{ record.account_id }}"}}]
  - id: riverton
    when: {record.branch: Riverton}
    reply: transfer_help
  - {reply: handover}
"""
    right = world(account_locked=tree)
    wrong = faulted(right, Operation("move_branch", {**LEAF, "branch": "riverton", "before": "fraud"}))
    bench, rejected = locked_bench(right, wrong)
    draft = synthesise(bench, plan_group(bench, rejected, right))
    assert isinstance(draft, Draft)
    assert draft.kind == "move_branch"
    assert len(draft.operations) == 1
    mended = apply_operations(wrong, draft.operations).snapshot
    was, now = propose_all(right, LOCKED.values()), propose_all(mended, LOCKED.values())
    assert {text: one.outcome for text, one in now.items()} == {
        text: one.outcome for text, one in was.items()
    }


def test_a_branch_too_many_goes() -> None:
    right = world()
    extra = {"id": "odd", "when": {"record.branch": "Easton"}, "reply": "transfer_help"}
    wrong = faulted(right, Operation("add_branch", {**LEAF, "before": "default", "branch": extra}))
    bench, rejected = locked_bench(right, wrong)
    draft = synthesise(bench, plan_group(bench, rejected, right))
    assert isinstance(draft, Draft)
    kinds = [one.kind for one in (draft, *draft.instead)]
    assert "remove_branch" in kinds or draft.kind == "set_reply"
    assert isinstance(dry_run(bench, draft), Hint)


def test_no_edit_takes_an_answer_that_staff_accepted() -> None:
    """Two tickets alike in all that a condition could ask, one of them accepted: nothing separates."""
    right = world()
    texts = [LOCKED["open"], "my account NSB01234 is locked"]
    shown = propose_all(right, texts)
    feedback = [told(texts[0], shown[texts[0]], "rejected"), told(texts[1], shown[texts[1]])]
    bench = bench_of(right, feedback)
    members = plan_group(bench, feedback[:1], world()).members
    change: Any = members[0].readings[0].intervention
    wish = replace(
        change,
        action=Action("security_escalation", (ESCALATE,)),
        wanted=Wanted(leaf="account_locked", reply="security_escalation", tools=("escalate_to_security",)),
    )
    found = synthesise(bench, group(bench, [(feedback[0], wish)]))
    if isinstance(found, Draft):
        assert isinstance(dry_run(bench, found), Dropped)
    else:
        assert isinstance(found, Unable)
        assert "without changing answers that are right" in found.reason


def test_a_condition_never_names_a_person() -> None:
    right = world()
    wrong = faulted(right, Operation("remove_branch", {**LEAF, "branch": "fraud"}))
    bench, rejected = locked_bench(right, wrong)
    draft = synthesise(bench, plan_group(bench, rejected, right))
    assert isinstance(draft, Draft)
    for one in (draft, *draft.instead):
        text = str(ops(one.operations))
        assert "KTR05821" not in text
        assert "Alex" not in text
        assert "a1" not in text.replace("account", "")


def test_two_faults_in_one_place_are_mended_by_two_edits() -> None:
    right = world()
    negated = Operation(
        "set_condition",
        {**LEAF, "branch": "fraud", "was": {"record.fraud_flag": True}, "to": {"record.fraud_flag": False}},
    )
    renamed = Operation(
        "set_reply", {**LEAF, "branch": "fraud", "was": "security_escalation", "to": "transfer_help"}
    )
    wrong = faulted(right, negated, renamed)
    bench, rejected = locked_bench(right, wrong)
    fraud = [one for one in rejected if one.ticket["text"] == LOCKED["fraud"]]
    others = [one for one in rejected if one not in fraud]
    settled = [one for one in bench.stored if one.outcome == "accepted"]
    # What should not have gone to the fraud desk was mended by hand: it is accepted as it should be.
    was = propose_all(right, LOCKED.values())
    accepted = [told(str(one.ticket["text"]), was[str(one.ticket["text"])]) for one in others]
    bench = bench_of(wrong, [*settled, *accepted, *fraud])
    draft = synthesise(bench, plan_group(bench, fraud, right))
    assert isinstance(draft, Draft), draft
    hint = dry_run(bench, draft)
    assert isinstance(hint, Hint), hint
    mended = propose_all(apply_operations(wrong, hint.operations).snapshot, [LOCKED["fraud"]])
    assert mended[LOCKED["fraud"]].outcome[2:] == was[LOCKED["fraud"]].outcome[2:]


def test_a_tool_new_to_a_tree_is_called_for_the_leafs_own_reason() -> None:
    tools = """\
escalate_to_security:
  description: Opens a case at the fraud desk.
  args:
    type: object
    properties: {account_id: {type: string}, reason: {type: string, enum: [fraud_flag, account_locked]}}
    required: [account_id]
  side_effects: true
"""
    loaded = load_workspace(world(tools=tools))
    tree = loaded.plan_trees["login_problem"]
    call = ToolCall("escalate_to_security", {"account_id": "{{ record.account_id }}", "reason": "fraud_flag"})
    member = group(
        bench_of(
            world(),
            [told("sign in fails", propose_all(world(), ["sign in fails"])["sign in fails"], "rejected")],
        ),
        [
            (
                told("sign in fails", propose_all(world(), ["sign in fails"])["sign in fails"], "rejected"),
                Intervention("plan", "add_branch", tree.path, Wanted(), None, 1.0),
            )
        ],
    ).members[0]
    kin = Kin.of(loaded)
    same = fitted(loaded, tree, member, Action("unlock_instructions", (call,)), kin)
    assert same.tools[0].args["reason"] == "fraud_flag"
    renamed = replace(tree, leaf=LeafId("account_locked"))
    suited = fitted(loaded, renamed, member, Action("unlock_instructions", (call,)), kin)
    assert suited.tools[0].args == {"account_id": "{{ record.account_id }}", "reason": "account_locked"}
    spelled = replace(member, feedback=replace(member.feedback, expected={"tools": [{"name": call.name}]}))
    assert fitted(loaded, renamed, spelled, Action("x", (call,)), kin).tools == (call,)


@pytest.mark.parametrize(
    ("comment", "expected", "kinds"),
    [
        ("the fraud desk writes to them", None, ["set_reply"]),
        ("the fraud desk writes to them", {"reply": "security_escalation"}, ["set_reply"]),
        ("the fraud desk writes, never escalate it", None, ["set_reply", "remove_tool"]),
        ("", {"reply": "security_escalation", "tools": []}, ["set_reply", "remove_tool"]),
    ],
)
def test_a_text_that_no_tree_has_leaves_the_calls_that_nobody_speaks_of(
    comment: str, expected: dict[str, Any] | None, kinds: list[str]
) -> None:
    right = world()
    to = {"was": "security_escalation", "to": "transfer_help"}
    bench, rejected = locked_bench(
        right, faulted(right, Operation("set_reply", {**LEAF, "branch": "fraud", **to}))
    )
    members = []
    for one in rejected:
        spoken = replace(one, comment=comment, expected=expected)
        action = Action("security_escalation")
        wanted = Wanted(leaf="account_locked", reply=action.reply, tools=())
        members.append((spoken, Intervention("plan", "add_branch", TREE, wanted, None, 1.0, action)))
    draft = synthesise(bench, group(bench, members))
    assert isinstance(draft, Draft)
    assert [one.op for one in draft.operations] == kinds


def test_a_text_that_other_trees_have_brings_their_calls() -> None:
    right = world()
    bench, rejected = locked_bench(right, faulted(right, FAULTS["wrong template"][0]))
    tree, kin = bench.workspace.plan_trees["account_locked"], Kin.of(bench.workspace)
    member = group(
        bench, [(rejected[0], plan_group(bench, rejected, right).members[0].best.intervention)]
    ).members[0]
    usual = Action("unlock_instructions")
    assert fitted(bench.workspace, tree, member, usual, kin) == usual


def test_the_calls_of_one_of_several_branches_are_not_what_all_of_them_get() -> None:
    """What a lost branch answered is answered by several others now, of which one calls something."""
    files = minimal_world()
    text = "asked_first:\n  description: Asked.\n  text: Who are you?\n"
    branch = "  - {id: asked, when: {record.branch: Riverton}, reply: asked_first}\n  - id: fraud\n"
    files["workspace/templates.yaml"] += text
    files[TREE] = files[TREE].replace("  - id: fraud\n", branch)
    right = build_snapshot(files)
    bench, rejected = locked_bench(
        right, faulted(right, Operation("remove_branch", {**LEAF, "branch": "asked"}))
    )
    assert {bool(bench.before[one.id].tools) for one in rejected} == {True, False}
    draft = synthesise(bench, plan_group(bench, rejected, right))
    assert isinstance(draft, Draft)
    (added,) = draft.operations
    assert (added.op, len(draft.evidence)) == ("add_branch", len(rejected))
    assert "tools" not in added.args["branch"]
