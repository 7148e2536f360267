"""Guard strength from the command to a merged case, and what the gate makes of it."""

import json
from pathlib import Path

import pytest

from fixloop.commands.decide import Why, approve, reject
from fixloop.commands.desk import Desk
from fixloop.commands.gate import gate
from fixloop.commands.guard import guard, propose_cases, read_most
from fixloop.commands.merge import Word, merge
from fixloop.commands.stakes import GUARDED, weighed
from fixloop.errors import BadInput
from fixloop.gate.reach import risks
from fixloop.gate.verdict import OVERRIDDEN, PASS, SKIP, Check, Verdict
from fixloop.hints.model import Hint
from fixloop.hints.operation import Operation
from fixloop.propose.offer.stakes import Guard
from fixloop.workspace.stored import load_stored
from tests.support.git_worlds import commit_all, run_git
from tests.support.hints import record, transfer_hint
from tests.support.loop import bank, desk_of
from tests.support.worlds import minimal_world

WORLD = minimal_world()
TREE = WORLD["plan_trees/account_locked.yaml"]
CASES = {
    "evals/plan/base.yaml": """\
- {id: p-fraud, leaf: account_locked, records: [{account_id: a1, account_number: KTR05821, fraud_flag: true}],
   expect: {reply: security_escalation}}
- {id: p-none, leaf: account_locked, records: [], expect: {reply: request_account_information}}
- {id: p-two, leaf: account_locked, records: [{account_id: a1}, {account_id: a2}],
   expect: {reply: ask_which_account}}
- {id: p-unlock, leaf: account_locked, records: [{account_id: a2, hotline: '1'}], expect: {tools: []}}
"""
}
TOOL_ASKED = """\
- {id: p-tool, leaf: account_locked, records: [{account_id: a1, account_number: KTR05821, fraud_flag: true}],
   expect: {tools: [{name: escalate_to_security, args: {account_id: a1}}]}}
- {id: p-reply, leaf: account_locked, records: [{account_id: a2, hotline: '1'}],
   expect: {reply: unlock_instructions}}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """The small bank with cases that ask for replies and for no tool."""
    return bank(tmp_path, **CASES)


def branch_with(desk: Desk, files: dict[str, str]) -> Desk:
    run_git(desk.folder, "checkout", "-q", "-B", "work", "main")
    commit_all(desk.folder, files)
    run_git(desk.folder, "checkout", "-q", "main")
    return desk_of(desk.folder)


def strength(desk: Desk, files: dict[str, str]) -> Check:
    verdict = gate(branch_with(desk, files), "main", "work").verdict
    return next(check for check in verdict.checks if check.id == "guard_strength")


# --- the command ----------------------------------------------------------------------------------------


def test_a_leaf_whose_cases_ask_too_little_is_weak(desk: Desk) -> None:
    found = guard(desk, ["account_locked"], ["plan"])
    assert "account_locked" in found.weak
    [leaf] = found.report.leaves
    assert leaf.leaf == "account_locked"
    survivors = {one.mutant.summary for one in found.report.survivors}
    assert "branch fraud does not call escalate_to_security" in survivors
    assert "branch fraud is gone" not in survivors


def test_a_ref_is_measured_as_it_is(desk: Desk) -> None:
    asked = branch_with(desk, {"evals/plan/more.yaml": TOOL_ASKED})
    here, there = (
        guard(asked, ["account_locked"], ["plan"]),
        guard(asked, ["account_locked"], ["plan"], ref="work"),
    )
    assert there.report.total.killed > here.report.total.killed


def test_json_says_all_of_it(desk: Desk) -> None:
    document = guard(desk, steps=["plan", "fetch"], every=True).to_json()
    assert json.loads(json.dumps(document)) == document
    assert set(document["steps"]) == {"plan", "fetch"}
    total = document["total"]
    assert total["mutants"] == total["killed"] + total["no_visible_difference"] + len(document["survivors"])
    assert {"id", "operator", "summary", "seen_by", "case", "case_from"} <= document["survivors"][0].keys()


@pytest.mark.parametrize(
    ("leaves", "steps", "most", "says"),
    [
        (["account_lockd"], [], None, "there is no leaf"),
        ([], ["template"], None, "no faults are injected"),
        ([], [], 0, "are none"),
    ],
)
def test_what_makes_no_sense_is_told(
    desk: Desk, leaves: list[str], steps: list[str], most: int | None, says: str
) -> None:
    with pytest.raises(BadInput, match=says):
        guard(desk, leaves, steps, most)
    with pytest.raises(BadInput, match=says):
        propose_cases(desk, leaves, steps, most)


def test_a_number_is_a_number() -> None:
    assert read_most(None) is None
    assert read_most("7") == 7
    for wrong in ("-1", "many", "1.5", "²"):
        with pytest.raises(BadInput, match="takes a number"):
            read_most(wrong)


# --- missing cases as hints -----------------------------------------------------------------------------


def test_a_missing_case_is_proposed_approved_and_landed_by_a_person(desk: Desk) -> None:
    before = guard(desk, ["account_locked"], ["plan"]).report.total
    [first, *_] = propose_cases(desk, ["account_locked"], ["plan"]).hints
    assert (first.step, first.kind) == ("eval_data", "add_case")
    approve(desk, [first.id], "ann")

    refused = merge(desk_of(desk.folder), [first.id], who="ann").refused
    assert [(one.check) for one in refused] == ["lane"]

    word = Word("judge", (), "a fraud case must say what is called")
    done = merge(desk_of(desk.folder), [first.id], who="ann", word=word)
    assert [one.id for one in done.merged] == [first.id]

    changed = run_git(desk.folder, "show", "--name-status", "--format=", "HEAD").split()
    assert changed[0] == "A"
    assert changed[1].startswith("evals/plan/guard-account_locked-")
    assert run_git(desk.folder, "log", "-1", "--format=%b").count("Asked for by") == 0
    after = guard(desk_of(desk.folder), ["account_locked"], ["plan"]).report.total
    assert after.killed > before.killed


def test_what_was_measured_goes_on_the_record_once_and_stands_beside_hints(desk: Desk) -> None:
    asked = weighed(desk, [record(desk, transfer_hint())])
    [before] = asked.values()
    assert before.guard is not None
    assert not before.guard.measured

    found = propose_cases(desk, ["transfer_failed"])
    propose_cases(desk_of(desk.folder), ["transfer_failed"])
    propose_cases(desk_of(desk.folder), ["account_locked"], ["plan"])
    [event] = [one for one in desk_of(desk.folder).ground().book.events if one.event == GUARDED]
    [leaf] = found.report.leaves
    assert event.data["strengths"] == {"transfer_failed": round(leaf.score.effective or 0.0, 6)}

    [after] = weighed(desk_of(desk.folder), [transfer_hint()]).values()
    assert after.guard == Guard("transfer_failed", event.data["strengths"]["transfer_failed"], measured=True)


def test_the_verdict_on_a_case_names_the_judges_lane(desk: Desk) -> None:
    [hint, *_] = propose_cases(desk, ["account_locked"], ["plan"]).hints
    approve(desk, [hint.id], "ann")
    from fixloop.commands.apply import apply

    apply(desk, [hint.id])
    branch = f"fixloop/fix/{hint.id}"
    plain = gate(desk_of(desk.folder), "main", branch).verdict
    assert plain.lane == "judge"
    assert [check.id for check in plain.failures] == ["lane"]
    allowed = gate(desk_of(desk.folder), "main", branch, "judge", "asked for").verdict
    assert allowed.passed
    lane = next(check for check in allowed.checks if check.id == "lane")
    assert lane.status == OVERRIDDEN
    assert "1 added, 0 changed, 0 retired; 0 of these fail on today's base" in lane.detail


def test_asked_twice_it_proposes_nothing_twice(desk: Desk) -> None:
    first = propose_cases(desk, ["account_locked"], ["plan"]).hints
    assert first
    assert propose_cases(desk_of(desk.folder), ["account_locked"], ["plan"]).hints == ()


def test_what_a_person_turned_down_stays_turned_down(desk: Desk) -> None:
    [hint, *rest] = propose_cases(desk, ["account_locked"], ["plan"]).hints
    reject(desk, [hint.id], Why("not_general", "nobody does this"), "ann")
    # Another record of the same kind makes another case, and it is still the same idea.
    moved = CASES["evals/plan/base.yaml"].replace("account_id: a1,", "account_id: a9,")
    commit_all(desk.folder, {"evals/plan/base.yaml": moved})
    again = propose_cases(desk_of(desk.folder), ["account_locked"], ["plan"]).hints
    assert hint.fingerprint not in {one.fingerprint for one in again}
    assert not {one.id for one in again} & {hint.id, *(one.id for one in rest)}


# --- the gate -------------------------------------------------------------------------------------------


def test_the_gate_warns_of_a_leaf_that_is_weakly_guarded(desk: Desk) -> None:
    said = strength(desk, {"plan_trees/account_locked.yaml": TREE + "# a remark\n"})
    assert said.status == SKIP
    edited = TREE.replace("review: always", "")
    said = strength(desk, {"plan_trees/account_locked.yaml": edited})
    assert said.status == PASS
    assert said.warns
    assert "weak guard, below 80%: account_locked catches" in said.detail
    assert (
        "plan_trees/account_locked.yaml#fraud: branch fraud does not call escalate_to_security"
        in said.evidence
    )


def test_the_cases_that_a_branch_brings_count(desk: Desk) -> None:
    edited = TREE.replace("review: always", "")
    said = strength(desk, {"plan_trees/account_locked.yaml": edited, "evals/plan/mine.yaml": TOOL_ASKED})
    assert (said.status, said.warns) == (PASS, False), said.detail


def test_a_change_that_reaches_no_plan_tree_has_nothing_to_measure(desk: Desk) -> None:
    assert strength(desk, {"evals/plan/mine.yaml": TOOL_ASKED}).status == SKIP


def test_a_template_is_measured_by_the_trees_that_use_it(desk: Desk) -> None:
    edited = WORLD["workspace/templates.yaml"].replace("Which of your accounts", "Which account")
    said = strength(desk, {"workspace/templates.yaml": edited})
    assert "account_locked" in said.detail
    assert "transfer_failed" not in said.detail


def test_the_same_question_is_answered_from_the_cache(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    edited = {"plan_trees/account_locked.yaml": TREE.replace("review: always", "")}
    first = strength(desk, edited)
    from fixloop.gate.checks import guard_strength

    def refuse(*_: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr(guard_strength, "_tried", refuse)
    assert strength(desk, edited) == first
    monkeypatch.undo()
    more = strength(desk, {**edited, "evals/plan/mine.yaml": TOOL_ASKED})
    assert more != first


def test_what_is_warned_of_is_not_merged_without_a_hand(desk: Desk) -> None:
    workspace = load_stored(desk.work_tree(), desk.cache)
    operation = Operation(
        "set_reply", {"leaf": "transfer_failed", "branch": "default", "was": "a", "to": "b"}
    )
    hint = Hint("plan", "set_reply", "plan_trees/transfer_failed.yaml", "", ("fb-1", "fb-2"), (operation,))
    asked = [Check("held_out", PASS), Check("drift", PASS)]
    met, weak = Check("guard_strength", PASS), Check("guard_strength", PASS, "weak guard", warns=True)
    assert risks(hint, Verdict("", "", "", "fix", (*asked, met)), workspace) == ()
    assert risks(hint, Verdict("", "", "", "fix", (*asked, weak)), workspace) == (
        "guard_strength: weak guard",
    )
    skipped = Verdict("", "", "", "fix", (*asked, Check("guard_strength", SKIP)))
    assert risks(hint, skipped, workspace) == ("guard_strength was not asked",)


def test_a_wide_change_says_what_it_did_not_measure(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from fixloop.gate.checks import guard_strength

    monkeypatch.setattr(guard_strength, "MOST_LEAVES", 1)
    edited = WORLD["workspace/templates.yaml"].replace("Please call", "Call")
    said = strength(desk, {"workspace/templates.yaml": edited})
    assert "1 more leaves are reached and not measured" in said.detail
    assert said.warns
