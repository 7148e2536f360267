"""What new calls are made with: staff's words, those of leaf and reply, habit; what is a guess is said."""

from dataclasses import replace

import pytest

from fixloop.hints.operation import Operation
from fixloop.propose.bench.draft import Draft
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.evidence.kin import Kin
from fixloop.propose.readings.actions import Action
from fixloop.propose.readings.interventions import Intervention
from fixloop.propose.synthesis.arguments import fitted
from fixloop.propose.synthesis.plan import synthesise
from fixloop.workspace.model import ToolCall
from tests.support.worlds import build_snapshot, minimal_world
from tests.unit.propose.synthesis.benches import CALL, LEAF, TREE, faulted, group, locked_bench

TOOLS = """\
escalate_to_security:
  description: Opens a case at the fraud desk.
  args:
    type: object
    properties: {account_id: {type: string}}
    required: [account_id]
  side_effects: true
order_card:
  description: Sends a card.
  args:
    type: object
    properties: {account_id: {type: string}, sort: {type: string, enum: [virtual_card, plastic, metal]}}
    required: [account_id, sort]
"""
ELSEWHERE = """\
leaf: payment_recall
branches:
  - {when: {fetched.count: {ne: 1}}, reply: handover}
  - reply: transfer_help
    tools: [{name: order_card, args: {account_id: "{{ record.account_id }}", sort: virtual_card}}]
"""
FORGOT = Operation("remove_tool", {**LEAF, "branch": "fraud", "tool": CALL})


def drafted(comment: str, elsewhere: str = ELSEWHERE, about: str = "The fraud desk takes over.") -> Draft:
    """What is written where staff want `order_card` in a branch that has lost its call."""
    files = minimal_world(tools=TOOLS)
    templates = files["workspace/templates.yaml"].replace("The fraud desk takes over.", about)
    files |= {"workspace/templates.yaml": templates}
    files |= {"plan_trees/payment_recall.yaml": elsewhere} if elsewhere else {}
    right = build_snapshot(files)
    bench, rejected = locked_bench(right, faulted(right, FORGOT))
    args = {"account_id": "{{ record.account_id }}", "sort": "virtual_card"}
    action = Action("security_escalation", (ToolCall("order_card", args),))
    wanted = Wanted(leaf="account_locked", reply=action.reply, tools=action.tool_names)
    change = Intervention("plan", "add_branch", TREE, wanted, None, 1.0, action)
    draft = synthesise(bench, group(bench, [(replace(one, comment=comment), change) for one in rejected]))
    assert isinstance(draft, Draft)
    return draft


@pytest.mark.parametrize(
    ("column", "needed", "args"),
    [
        ("hotline", "[account_id]", {"account_id", "where"}),
        ("missing", "[account_id]", {"account_id"}),
        ("missing", "[account_id, where]", {"account_id", "where"}),
    ],
)
def test_an_argument_that_the_tickets_have_no_value_for_stays_out_where_it_may(
    column: str, needed: str, args: set[str]
) -> None:
    tools = TOOLS.replace(
        "sort: {type: string, enum: [virtual_card, plastic, metal]}", "where: {type: string}"
    )
    files = minimal_world(tools=tools.replace("[account_id, sort]", needed))
    files["workspace/fetch.yaml"] = files["workspace/fetch.yaml"].replace(
        "      hotline: string\n", "      hotline: string\n      missing: string\n"
    )
    right = build_snapshot(files)
    bench, rejected = locked_bench(right, faulted(right, FORGOT))
    call = ToolCall(
        "order_card", {"account_id": "{{ record.account_id }}", "where": f"{{{{ record.{column} }}}}"}
    )
    action = Action("security_escalation", (call,))
    change = Intervention("plan", "add_branch", TREE, Wanted(), None, 1.0, action)
    (member,) = group(bench, [(rejected[0], change)]).members
    tree = bench.workspace.plan_trees["account_locked"]
    (made,) = fitted(bench.workspace, tree, member, action, Kin.of(bench.workspace)).tools
    assert set(made.args) == args


def sort_of(draft: Draft) -> str:
    (operation,) = draft.operations
    return str(operation.args["tool"]["args"]["sort"])


@pytest.mark.parametrize(
    ("comment", "about", "sort"),
    [
        ("should order one in plastic", "The fraud desk takes over.", "plastic"),
        ("order_card with sort metal is missing", "The fraud desk takes over.", "metal"),
        ("should order one", "Says that plastic comes by post.", "plastic"),
        ("should order one in metal", "Says that plastic comes by post.", "metal"),
        ("should order one", "The fraud desk takes over.", "virtual_card"),
        # The tool's own words tell nothing about which of its values is meant.
        ("should order a new card in metal", "The fraud desk takes over.", "metal"),
    ],
)
def test_a_listed_value_is_chosen_by_words_before_habit(comment: str, about: str, sort: str) -> None:
    assert sort_of(drafted(comment, about=about)) == sort


def test_what_nobody_named_is_a_guess_and_says_so() -> None:
    named, habit, blind = drafted("in plastic"), drafted("should order one"), drafted("should order one", "")
    assert named.confidence > habit.confidence > blind.confidence
    assert blind.confidence == pytest.approx(named.confidence / 3, abs=1e-5)
    assert named.open_work == ()
    (said,) = habit.open_work
    assert said.startswith("nobody has said which sort order_card is called with: virtual_card is a guess")
    assert blind.open_work == (said,)
