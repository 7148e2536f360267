"""How a plan would say what staff gave as an argument for one ticket."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from fixloop.feedback.model import Feedback
from fixloop.hints.operation import Operation
from fixloop.pipeline.compile import compile_pipeline
from fixloop.pipeline.ticket import parse_ticket
from fixloop.ports.cache import NoCache
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.readings.catalog import Catalog
from fixloop.propose.readings.forced import expected_actions
from fixloop.propose.readings.interventions import Intervention
from fixloop.propose.synthesis.plan import synthesise
from fixloop.propose.words.spelt import Told, usual_argument
from fixloop.workspace.model import Workspace
from tests.support.worlds import build_workspace, minimal_world
from tests.unit.propose.synthesis.benches import CALL, LEAF, TREE, faulted, group, locked_bench, world

TOOLS = """\
change_bank:
  description: Changes where money goes.
  args:
    type: object
    properties:
      account_id: {type: string}
      iban: {type: string}
      speed: {type: string, enum: [fast, slow]}
      team: {type: string}
      months: {type: number}
    required: [account_id, iban]
note:
  description: Leaves a note.
  args:
    type: object
    properties: {reference: {type: string}}
    required: [reference]
escalate_to_security:
  description: Opens a case at the fraud desk.
  args:
    type: object
    properties: {account_id: {type: string}}
    required: [account_id]
"""
IBAN = "DE89 3704 0044 0532 0130 00"
TEXT = f"my account KTR05821 is locked, pay to {IBAN} in 3 months, fast, ask Ruth"


def bank(field: str = "iban", **trees: str) -> Workspace:
    files = minimal_world(tools=TOOLS)
    files["workspace/extraction.yaml"] += (
        f"  payment:\n    {field}:\n      patterns: ['\\bDE\\d{{2}}[ \\d]{{18,23}}\\b']\n"
    )
    files |= {f"plan_trees/{leaf}.yaml": text for leaf, text in trees.items()}
    return build_workspace(files)


def written(workspace: Workspace, args: Mapping[str, Any], text: str = TEXT) -> dict[str, Any]:
    """The arguments of a call of `change_bank` as a plan would have them."""
    before = compile_pipeline(workspace, NoCache()).propose([parse_ticket({"id": "T-1", "text": text})])[0]
    one = Feedback("fb-1", "native", {"id": "T-1", "text": text}, "rejected", proposal=before.to_json())
    return dict(Told.of(workspace, Catalog.of(workspace).calls, one, before).call("change_bank", args).args)


ID = "{{ record.account_id }}"


@pytest.mark.parametrize("spelling", [IBAN, IBAN.replace(" ", "")])
def test_a_value_that_was_extracted_becomes_its_field(spelling: str) -> None:
    made = written(bank(), {"account_id": "a1", "iban": spelling})
    assert made == {"account_id": ID, "iban": "{{ fields.payment.iban.0 }}"}


def test_a_field_is_said_as_other_calls_say_fields() -> None:
    tree = """\
leaf: payment_recall
branches:
  - {reply: transfer_help, tools: [{name: note, args: {reference: "{{ fields.account.branch | first }}"}}]}
"""
    made = written(bank(payment_recall=tree), {"account_id": "a1", "iban": IBAN})
    assert made["iban"] == "{{ fields.payment.iban | first }}"


@pytest.mark.parametrize(
    ("arg", "value"),
    [("iban", "DE02 1203 0000 0000 2020 51"), ("team", "Ruth"), ("team", "a@b.example"), ("months", 3)],
)
def test_what_is_somebodys_is_never_written_as_it_is(arg: str, value: Any) -> None:
    text = TEXT.replace(IBAN, "DE02 1203 0000 0000 2020 51")
    made = written(bank("other"), {"account_id": "a1", arg: value}, text.replace("DE02", "de02"))
    assert made == {"account_id": ID}


@pytest.mark.parametrize(
    ("arg", "value"), [("speed", "fast"), ("team", "fraud desk"), ("months", 6), ("team", True)]
)
def test_what_is_nobodys_is_written_as_it_is(arg: str, value: Any) -> None:
    assert written(bank(), {"account_id": "a1", "iban": IBAN, arg: value})[arg] == value


def test_what_no_path_gives_is_said_as_other_tools_have_it() -> None:
    tree = """\
leaf: payment_recall
branches:
  - {reply: transfer_help, tools: [{name: send, args: {team: "{{ fields.account.branch.0 }}"}}]}
"""
    tools = TOOLS + "send:\n  args: {type: object, properties: {team: {type: string}}}\n  description: S.\n"
    files = minimal_world(tools=tools)
    files["plan_trees/payment_recall.yaml"] = tree
    workspace = build_workspace(files)
    text = TEXT + " Riverton"
    assert (
        written(workspace, {"account_id": "a1", "team": "Ruth"}, text)["team"]
        == "{{ fields.account.branch.0 }}"
    )
    # Where this ticket has no such value, it is not said.
    assert "team" not in written(workspace, {"account_id": "a1", "team": "Ruth"}, TEXT)


def test_an_argument_is_taken_from_the_column_or_the_field_of_its_name() -> None:
    workspace = bank()
    assert usual_argument(workspace, {}, "account_id") == [ID]
    assert usual_argument(workspace, {}, "iban") == ["{{ fields.payment.iban.0 }}"]
    assert usual_argument(workspace, {}, "months") == []


def drafted(tools: str, made: list[Any]) -> Draft | Unable:
    """What is written where a branch has lost its call and staff spell out another."""
    right = world(tools=tools)
    bench, rejected = locked_bench(right, faulted(right, FORGOT))
    members = []
    for one in rejected:
        spelt = replace(one, expected={"tools": made})
        (action,) = expected_actions(spelt, bench.before[one.id], Catalog.of(bench.workspace))
        wanted = Wanted(leaf="account_locked", reply=action.reply, tools=action.tool_names)
        members.append((spelt, Intervention("plan", "add_branch", TREE, wanted, None, 1.0, action)))
    return synthesise(bench, group(bench, members))


FORGOT = Operation("remove_tool", {**LEAF, "branch": "fraud", "tool": CALL})


def test_a_call_that_cannot_be_made_without_a_customers_own_value_is_not_written() -> None:
    found = drafted(TOOLS, [{"name": "change_bank", "args": {"iban": "DE89 3704 0044 0532 0130 00"}}])
    assert isinstance(found, Unable)
    assert "nothing says where change_bank gets its iban from" in found.reason


def test_a_call_without_a_customers_own_value_says_that_it_is_left_out() -> None:
    args = {"account_id": "a1", "team": "KTR05821, locked"}
    found = drafted(TOOLS.replace(", iban]", "]"), [{"name": "change_bank", "args": args}])
    assert isinstance(found, Draft)
    assert [o.args["tool"]["args"] for o in found.operations] == [{"account_id": ID}]
    assert found.open_work == (
        "change_bank is called without team: nothing says where it comes from for other tickets",
    )
