"""What other branches do, and single edits of a tree tried on all tickets of its leaf."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fixloop.feedback.model import Feedback
from fixloop.hints.operation import Operation
from fixloop.propose.bench.draft import Draft
from fixloop.propose.bench.wanted import satisfied_share
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.evidence.kin import Kin, kin_of
from fixloop.propose.evidence.tries import Tried, Tries
from fixloop.propose.readings.actions import Action
from fixloop.propose.readings.catalog import Catalog
from fixloop.propose.readings.forced import expected_actions, interventions
from fixloop.propose.synthesis.plan import synthesise
from fixloop.propose.words.words import stems
from fixloop.workspace.load import load_workspace
from fixloop.workspace.model import LeafId, ToolCall
from tests.unit.propose.synthesis.benches import (
    CALL,
    ESCALATE,
    LEAF,
    LOCKED,
    bench_of,
    faulted,
    locked_bench,
    plan_group,
    propose_all,
    told,
    world,
)

ESCALATED = ("security_escalation", ("escalate_to_security",))
NEGATED = Operation(
    "set_condition",
    {
        **LEAF,
        "branch": "fraud",
        "was": {"record.fraud_flag": True},
        "to": {"not": {"record.fraud_flag": True}},
    },
)
LIKE_LOCKED = """\
leaf: login_problem
branches:
  - {when: {record.fraud_flag: true}, reply: security_escalation,
     tools: [{name: escalate_to_security, args: {account_id: "{{ record.account_id }}"}}]}
  - {reply: transfer_help}
"""


def tried_of(bench: Workbench, rejected: Sequence[Feedback]) -> Mapping[str, Tried]:
    return Tries.of(bench, rejected).found


def test_what_branches_elsewhere_do_is_the_usual_thing() -> None:
    workspace = load_workspace(world(login_problem=LIKE_LOCKED))
    fraud = next(b for b in workspace.plan_trees["account_locked"].branches if b.id == "fraud")
    forgot, kin = replace(fraud, tools=()), Kin.of(workspace)
    assert kin.under(forgot, ESCALATED) > 0 > kin.under(fraud, ("security_escalation", ()))
    assert kin.with_reply(forgot, ("escalate_to_security",)) > 0
    assert kin.under(fraud, ESCALATED) == 0


def test_a_reply_goes_with_the_calls_it_is_sent_with_elsewhere() -> None:
    workspace = load_workspace(world(login_problem=LIKE_LOCKED))
    fraud = next(b for b in workspace.plan_trees["account_locked"].branches if b.id == "fraud")
    odd, kin = replace(fraud, reply="transfer_help"), Kin.of(workspace)
    assert kin.with_tools(odd, "security_escalation") > 0 > kin.with_tools(fraud, "transfer_help")
    assert kin.with_tools(replace(odd, tools=()), "security_escalation") == 0


def test_a_tree_that_decides_nothing_shows_no_habit() -> None:
    workspace = load_workspace(world())
    bare = workspace.plan_trees["transfer_failed"]
    trees = dict(workspace.plan_trees)
    for name in map(LeafId, ("more", "still_more")):
        trees[name] = replace(bare, leaf=name)
    known = Kin.of(replace(workspace, plan_trees=trees))
    assert known.branches == Kin.of(workspace).branches
    (fallback,) = bare.branches
    assert known.under(replace(fallback, reply="handover"), ("transfer_help", ())) == 0


def test_an_argument_comes_from_the_column_of_its_name() -> None:
    kin = Kin.of(load_workspace(world()))
    odd, usual = (
        ToolCall("escalate_to_security", {"account_id": f"{{{{ record.{c} }}}}"})
        for c in ("branch", "account_id")
    )
    assert kin.argument(odd, usual, frozenset()) > 1 > -1 > kin.argument(usual, odd, frozenset())


def test_among_the_values_of_a_list_one_in_the_leafs_words_is_likelier() -> None:
    kin = Kin.of(load_workspace(world()))
    fraud, locked = (
        ToolCall("escalate_to_security", {"reason": r}) for r in ("fraud_flag", "account_locked")
    )
    assert kin.argument(fraud, locked, stems("account_locked")) > 0


def test_the_edit_that_explains_all_rejections_leads_each_to_its_own_answer() -> None:
    right = world()
    bench, rejected = locked_bench(right, faulted(right, NEGATED))
    was = propose_all(right, LOCKED.values())
    assert len({was[str(one.ticket["text"])].reply.template for one in rejected}) > 1
    for one in rejected:
        meant = was[str(one.ticket["text"])]
        deed = (meant.reply.template, tuple(sorted(tool.name for tool in meant.tools)))
        led = tried_of(bench, rejected)[one.id].led
        assert deed in led
        assert all(led[deed] >= led[other] for other in led)


def test_accepted_answers_of_a_branch_speak_against_another_deed_of_it() -> None:
    right = world()
    shown = propose_all(right, LOCKED.values())
    no = told(LOCKED["open"], shown[LOCKED["open"]], "rejected")
    alone = tried_of(bench_of(right, [no]), [no])[no.id]
    yes = [told(LOCKED[name], shown[LOCKED[name]]) for name in ("quiet", "unflagged")]
    among = tried_of(bench_of(right, [no, *yes]), [no])[no.id]
    assert among.stands < alone.stands
    assert among.stands <= 0


def test_a_reply_that_belongs_to_other_leaves_speaks_for_another_deed_of_its_branch() -> None:
    right = world()
    bench, (one, *_) = locked_bench(right, faulted(right, NEGATED))
    at_home = tried_of(bench, [one])[one.id].fresh
    before = bench.before[one.id]
    bench.kept["astray"] = {(before.leaf, before.reply.template): 3.0}
    assert tried_of(bench, [one])[one.id].fresh > at_home


def test_a_reply_that_no_other_branch_gives_is_seldom_another_branchs() -> None:
    right = world()
    bench, (one, *_) = locked_bench(right, faulted(right, NEGATED))
    kin, reply = kin_of(bench), bench.before[one.id].reply.template
    shared, alone = (replace(kin, given={**kin.given, reply: count}) for count in (2, 1))
    assert alone.misplaced(reply) < 0 == shared.misplaced(reply)
    same, other = (reply, ("escalate_to_security",)), ("handover", ())
    shares = []
    for known in (shared, alone):
        bench.kept["kin"] = known
        tried = tried_of(bench, [one])[one.id]
        shares.append([tried.share(deed, 0.1) for deed in (same, other)])
    assert shares[0][0] == shares[1][0]
    assert shares[0][1] > shares[1][1]


def test_one_edit_is_found_for_rejections_that_want_different_answers() -> None:
    right = world()
    bench, rejected = locked_bench(right, faulted(right, NEGATED))
    draft = synthesise(bench, plan_group(bench, rejected, right))
    assert isinstance(draft, Draft)
    assert draft.kind == "set_condition"
    assert len({wanted.reply for wanted in draft.wanted.values()}) > 1
    assert 0 < draft.confidence <= 1


def test_calls_that_staff_spell_out_are_written_as_a_plan_would_say_them() -> None:
    right = world()
    wrong = faulted(right, Operation("remove_tool", {**LEAF, "branch": "fraud", "tool": CALL}))
    bench, (one, *_) = locked_bench(right, wrong)
    before = bench.before[one.id]
    made = propose_all(right, [LOCKED["fraud"]])[LOCKED["fraud"]].tools
    spelt = replace(one, expected={"tools": [{"name": t.name, "args": dict(t.args)} for t in made]})
    (action,) = expected_actions(spelt, before, Catalog.of(bench.workspace))
    assert action == Action(before.reply.template, (ToolCall(CALL["name"], CALL["args"]),))  # type: ignore[arg-type]


def test_a_call_with_other_arguments_is_not_what_was_expected() -> None:
    shown = propose_all(world(), [LOCKED["fraud"]])[LOCKED["fraud"]]
    (call,) = shown.tools
    assert satisfied_share({"tools": [{"name": call.name, "args": dict(call.args)}]}, shown) == 1
    assert satisfied_share({"tools": [call.name]}, shown) == 1
    assert satisfied_share({"tools": [{"name": call.name, "args": {"account_id": "another"}}]}, shown) == 0


def test_a_tool_that_nothing_calls_is_offered_with_the_text_that_no_tree_uses() -> None:
    """A branch that went leaves both behind."""
    bench, rejected = locked_bench(
        world(), faulted(world(), Operation("remove_branch", {**LEAF, "branch": "fraud"}))
    )
    catalog = Catalog.of(bench.workspace)
    assert catalog.uncalled == ("escalate_to_security",)
    assert catalog.left_over("escalate_to_security") == 1.0
    found = interventions(rejected[0], bench.before[rejected[0].id], catalog, {})
    whole = [one for one in found if one.action and one.action.deed == ESCALATED]
    assert [(one.action and one.action.tools, one.step) for one in whole] == [((ESCALATE,), "plan")]
    assert Catalog.of(load_workspace(world())).left_over("escalate_to_security") == 0.0
