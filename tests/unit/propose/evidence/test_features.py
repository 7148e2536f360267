"""What speaks for readings of a branch: texts that others get, tools that go with a reply."""

from collections.abc import Mapping, Sequence
from math import log

import pytest

from fixloop.feedback.model import Feedback
from fixloop.propose.diagnosis.diagnose import JUDGEMENT, Asking
from fixloop.propose.readings.interventions import Intervention
from fixloop.workspace.snapshot import Snapshot
from tests.support.worlds import build_snapshot, minimal_world
from tests.unit.propose.synthesis.benches import LOCKED, bench_of, propose_all, told


def readings(
    snapshot: Snapshot, rejected: str, accepted: Sequence[str] = ()
) -> list[tuple[Intervention, Mapping[str, float]]]:
    """Each reading of a ticket that is rejected without a word, with its features."""
    shown = propose_all(snapshot, LOCKED.values())
    wished: Feedback = told(LOCKED[rejected], shown[LOCKED[rejected]], "rejected", comment="no")
    stored = [wished, *(told(LOCKED[name], shown[LOCKED[name]]) for name in accepted)]
    asking = Asking.of(bench_of(snapshot, stored), [wished], frozenset(), {}, JUDGEMENT, stored)
    return [(one.outcome.intervention, one.features) for one in asking.weigh(0)]


def of_deed(found: Sequence[tuple[Intervention, Mapping[str, float]]], *deed: object) -> Mapping[str, float]:
    return next(
        features for one, features in found if one.step == "plan" and one.action and one.action.deed == deed
    )


def overdrawn() -> Snapshot:
    """A text says a column that only one account has."""
    made = minimal_world()
    made["workspace/templates.yaml"] = made["workspace/templates.yaml"].replace(
        "record.hotline", "record.overdraft"
    )
    made["workspace/fetch.yaml"] = made["workspace/fetch.yaml"].replace(
        "      hotline: string\n", "      hotline: string\n      overdraft: string\n"
    )
    rows = made["workspace/records/accounts.jsonl"]
    made["workspace/records/accounts.jsonl"] = rows.replace(
        '"account_number": "PQR77120"', '"account_number": "PQR77120", "overdraft": "none"'
    )
    return build_snapshot(made)


@pytest.mark.parametrize(("accepted", "sent"), [((), 0.0), (("quiet",), 1.0)])
def test_a_text_that_fails_here_and_that_others_get_is_said_to_be_sent(
    accepted: Sequence[str], sent: float
) -> None:
    found = readings(overdrawn(), "open", accepted)
    (text,) = (features for one, features in found if one.step == "template")
    assert text["unrendered"] == 1.0
    assert text["unrendered.sent"] == sent


def test_that_its_tools_go_with_a_reply_is_told_of_what_some_branch_does_as_a_whole() -> None:
    found = readings(build_snapshot(minimal_world()), "open")
    whole = of_deed(found, "security_escalation", ("escalate_to_security",))
    assert whole["tool.in.home.deed"] == whole["tool.in.home"] > 0
    call = of_deed(found, "unlock_instructions", ("escalate_to_security",))
    assert "tool.in.home.deed" not in call


DESK = """\
leaf: transfer_failed
branches:
  - {when: {fetched.count: {ne: 1}}, reply: handover}
  - reply: transfer_help
    tools: [{name: escalate_to_security, args: {account_id: "{{ record.account_id }}"}}]
"""


def test_a_tool_that_is_more_at_home_where_it_is_called_already_is_less_likely_missing_here() -> None:
    alone = minimal_world()
    elsewhere = {**alone, "plan_trees/transfer_failed.yaml": DESK}
    deed = "unlock_instructions", ("escalate_to_security",)
    told = [of_deed(readings(build_snapshot(files), "open"), *deed) for files in (alone, elsewhere)]
    # The fraud branch of the same leaf calls it: of other leaves that do there is none at first.
    assert told[0]["tool.in.here"] == 0.0 != told[1]["tool.in.here"]
    assert told[0]["tool.in.with"] < 0


def test_a_tool_that_lacks_a_value_here_cannot_be_what_was_meant() -> None:
    found = readings(build_snapshot(minimal_world()), "none")
    calls = of_deed(found, "request_account_information", ("escalate_to_security",))
    assert calls["unfilled"] == 1.0
    assert of_deed(found, "ask_which_account", ())["unfilled"] == 0.0


SORTED = """\
escalate_to_security:
  description: Opens a case at the fraud desk.
  args:
    type: object
    properties: {account_id: {type: string}, sort: {type: string, enum: [locked, other]}}
    required: [account_id]
  side_effects: true
"""


@pytest.mark.parametrize(("now", "about"), [("locked", -1.0), ("other", 1.0)])
def test_another_argument_is_likelier_where_the_branch_has_a_word_for_it(now: str, about: float) -> None:
    files = minimal_world(tools=SORTED)
    files["plan_trees/account_locked.yaml"] = files["plan_trees/account_locked.yaml"].replace(
        "{account_id: ", "{sort: " + now + ", account_id: "
    )
    found = readings(build_snapshot(files), "fraud")
    then = {"locked": "other", "other": "locked"}[now]
    (told,) = (
        features
        for one, features in found
        if one.action and any(call.args.get("sort") == then for call in one.action.tools)
    )
    assert (told["argument.about"], told["argument.listed"]) == (about, 1.0)
    assert told["argument.calls"] > 0


def test_a_value_that_is_read_in_many_right_answers_is_seldom_one_too_many() -> None:
    snapshot = build_snapshot(minimal_world())
    few, many = (readings(snapshot, "open", accepted) for accepted in ((), ("quiet", "fraud", "unflagged")))
    dropped = [
        next(f["trouble.read"] for one, f in found if one.value is not None and one.value.dropped)
        for found in (few, many)
    ]
    assert dropped[0] > dropped[1]


LEFT = """\
{name}:
  description: {about}
  text: {about}, number {n}.
"""
PARROTS, LOCKED_OUT = "Where a parrot may stay", "My account is locked, why is the account locked"


def left_behind(about: str, left: int) -> list[tuple[Intervention, Mapping[str, float]]]:
    """A ticket about a locked account, where so many texts about something lie unused side by side."""
    files = minimal_world()
    more = (LEFT.format(name=f"left_{n}", about=about, n=n) for n in range(left))
    files["workspace/templates.yaml"] += "".join(more)
    return readings(build_snapshot(files), "open")


@pytest.mark.parametrize(("left", "together"), [(1, 0.0), (3, log(3)), (9, log(4))])
def test_texts_that_no_tree_uses_side_by_side_are_of_a_leaf_that_went_and_of_no_branch(
    left: int, together: float
) -> None:
    found = left_behind(LOCKED_OUT, left)
    branch = of_deed(found, "left_0", ())
    assert branch["unused.together"] == pytest.approx(branch["unused"] * together)
    assert branch["unused"] > 0.5
    (new,) = (f for one, f in found if one.kind == "add_leaf" and one.action and one.action.reply == "left_0")
    assert new["left.together"] == pytest.approx(together)
    assert new["left.tool"] == 0.0


def test_texts_that_nobody_needs_say_nothing_of_a_ticket_that_they_are_not_about() -> None:
    found = left_behind(PARROTS, 9)
    assert of_deed(found, "left_0", ())["unused"] == 0.0
    (new,) = (f for one, f in found if one.kind == "add_leaf" and one.action and one.action.reply == "left_0")
    assert (new["left.together"], new["left.elsewhere"]) == (0.0, 0.0)


def test_texts_that_no_tree_uses_here_and_there_are_each_by_itself() -> None:
    files = minimal_world()
    first, last = (LEFT.format(name=name, about=LOCKED_OUT, n=0) for name in ("left_0", "left_1"))
    files["workspace/templates.yaml"] = first + files["workspace/templates.yaml"] + last
    found = readings(build_snapshot(files), "open")
    assert of_deed(found, "left_1", ())["unused.together"] == 0.0
