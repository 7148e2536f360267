"""Nobody means harm: fixes that are right alone and wrong together, or right beside a wrong case."""

from pathlib import Path

import pytest

from fixloop.commands.desk import Desk
from fixloop.commands.merge import Word, merge
from fixloop.errors import BadInput
from fixloop.hints.model import Hint
from tests.attacks.world import TEMPLATES, TREE, WORLD, attack, defended, refusals
from tests.support.git_worlds import run_git
from tests.support.hints import hint_of, record, transfer_hint
from tests.support.loop import desk_of


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return defended(tmp_path)


def test_two_fixes_right_alone_and_wrong_together(desk: Desk) -> None:
    """The second is judged on what the first has made of the base, by the first's own cases too."""
    first = record(desk, reply_hint("unlock_instructions", "ask_which_account", "m-first"))
    second = record(desk, reply_hint("unlock_instructions", "handover", "m-second"))
    result = merge(desk, [first.id, second.id])
    assert len(result.merged) == 1
    (refused,) = result.refused
    assert refused.check in ("conflict", "regressions", "fail_to_pass")
    assert len(run_git(desk.folder, "log", "--oneline", "main").splitlines()) == 2


def reply_hint(was: str, to: str, note: str) -> Hint:
    """The login leaf answers with another template where one account was found."""
    case = {
        "suite": "plan",
        "leaf": "login_problem",
        "records": [{"account_id": "a2", "hotline": "0800 1234"}],
        "expect": {"reply": to},
        "note": note,
    }
    tree = "plan_trees/login_problem.yaml"
    return hint_of(
        [{"op": "set_reply", "leaf": "login_problem", "branch": "default", "was": was, "to": to}],
        [case],
        target=tree,
    )


def test_two_texts_right_alone_and_wrong_together(desk: Desk) -> None:
    """No conflict of operations: both may be made, and the first's case says that both may not stay."""
    first = template_hint("Please check", "Kindly check", "Kindly check the account number of the payee")
    second = template_hint("of the payee", "of whom you pay", "of whom you pay")
    record(desk, first)
    record(desk, second)
    result = merge(desk, [first.id, second.id])
    assert len(result.merged) == 1
    assert [one.check for one in result.refused] == ["regressions"]


def template_hint(was: str, to: str, contains: str) -> Hint:
    """The transfer template in other words; its case wants them."""
    case = {"suite": "plan", "leaf": "transfer_failed", "expect": {"reply": {"contains": [contains]}}}
    return hint_of(
        [{"op": "edit_template", "template": "transfer_help", "language": None, "was": was, "to": to}],
        [case],
        step="template",
        target="workspace/templates.yaml#transfer_help",
    )


def test_a_fix_that_helps_one_leaf_and_harms_its_sibling(desk: Desk) -> None:
    """The login leaf wanted other words, and the locked account answers with the same template."""
    told = WORLD[TEMPLATES].replace("Please call {{ record.hotline }} and we", "Look at our web page and we")
    case = """\
- id: mine
  leaf: login_problem
  records: [{account_id: a2, hotline: 0800 1234}]
  expect: {reply: {template: unlock_instructions, contains: [web page]}}
"""
    verdict = attack(desk, {TEMPLATES: told, "evals/plan/mine.yaml": case})
    assert refusals(verdict) == ["regressions"]
    assert "p-unlock" in verdict.failures[0].evidence


def test_a_right_fix_with_a_wrong_case(desk: Desk) -> None:
    hint = transfer_hint()
    wrong = hint_of(
        [one.to_json() for one in hint.operations],
        [{"suite": "plan", "leaf": "transfer_failed", "expect": {"reply": {"contains": ["the IBAN"]}}}],
        step="template",
        target=hint.target,
    )
    record(desk, wrong)
    (refused,) = merge(desk, [wrong.id]).refused
    assert refused.check == "fail_to_pass"
    assert run_git(desk.folder, "rev-list", "--count", "main") == "1"


def test_a_right_fix_whose_old_case_was_wrong(desk: Desk) -> None:
    """The old case refuses; corrected first, as a change of its own with a reason, it lets the fix in."""
    fixed = WORLD[TREE].replace("reply: unlock_instructions", "reply: handover")
    verdict = attack(desk, {TREE: fixed})
    assert refusals(verdict) == ["regressions"]
    assert set(verdict.failures[0].evidence) == {"p-unlock", "w-locked"}
    reply = {"template": "unlock_instructions", "contains": ["0800 1234"]}
    corrected = hint_of(
        [
            {"op": "retire_case", "suite": "pipeline", "id": "w-locked"},
            {
                "op": "fix_case",
                "suite": "plan",
                "id": "p-unlock",
                "was": {"expect": {"reply": reply, "tools": []}},
                "to": {"expect": {"reply": "handover", "tools": []}},
            },
        ],
        step="eval_data",
        target="evals/plan/#p-unlock",
    )
    record(desk, corrected)
    (refused,) = merge(desk, [corrected.id]).refused
    assert refused.check == "lane"
    word = Word("judge", why="policy of 2026-11: a person unlocks")
    (landed,) = merge(desk_of(desk.folder), [corrected.id], who="ann@bank", word=word).merged
    assert landed.id == corrected.id
    found = desk_of(desk.folder)
    told = [event for event in found.ground().book.events if event.event == "overridden"]
    assert [(one.who, one.data["checks"], one.why) for one in told] == [
        ("ann@bank", ["lane"], {"code": "other", "text": "policy of 2026-11: a person unlocks"})
    ]
    assert attack(found, {TREE: fixed}).passed


def test_what_a_change_of_the_judge_comes_to_is_told(desk: Desk) -> None:
    cases = """\
- {id: n-right, leaf: transfer_failed, expect: {reply: transfer_help}}
- {id: n-wrong, leaf: transfer_failed, expect: {reply: handover}}
"""
    changed = {
        "evals/plan/base.yaml": cases,
        "fixloop.yaml": WORLD["fixloop.yaml"] + "gate: {max_drift: 0.5}\n",
        TREE: WORLD[TREE].replace("stability: open", "stability: guarded"),
    }
    verdict = attack(desk, changed, allow="judge", why="a new start")
    assert verdict.passed, verdict.failures
    (lane,) = [check for check in verdict.checks if check.id == "lane"]
    assert "2 added, 0 changed, 5 retired; 1 of these fail on today's base" in lane.detail
    said = "\n".join(lane.evidence)
    assert "added plan case n-wrong: today's base fails" in said
    assert "added plan case n-right: today's base passes" in said
    assert "retired plan case p-fraud, which today's base passes" in said
    assert "fixloop.yaml gate.max_drift: 0.02 → 0.5" in said
    assert f'{TREE} stability: "open" → "guarded"' in said


def test_a_person_overrules_a_check_by_name_and_the_record_says_so(desk: Desk) -> None:
    """The fix breaks a case that nobody could correct in time: it lands, and who said so why is kept."""
    hint = record(desk, reply_hint("unlock_instructions", "handover", "mine"))
    other = record(desk, template_hint("of the payee", "of whom you pay", "of whom you pay"))
    word = Word(override=("regressions", "fail_to_pass"), why="the branch office is closed")
    with pytest.raises(BadInput, match="hints that are named"):
        merge(desk, [], passing=True, who="ann@bank", word=word)
    bent = record(desk, breaking_hint())
    assert [one.check for one in merge(desk, [bent.id], who="ann@bank").refused] == ["regressions"]
    assert merge(desk_of(desk.folder), [bent.id], who="ann@bank", word=word).merged
    events = desk_of(desk.folder).ground().book.events
    (told,) = [event for event in events if event.event == "overridden"]
    assert (told.who, told.data["checks"], told.hint) == ("ann@bank", ["regressions"], bent.id)
    assert told.why == {"code": "other", "text": "the branch office is closed"}
    assert {hint.id, other.id}.isdisjoint({event.hint for event in events if event.event == "merged"})


def breaking_hint() -> Hint:
    """A right new branch, and a template that can no longer be rendered: an old case forbids that."""
    case = {"suite": "plan", "leaf": "account_locked", "records": [{"account_id": "z", "fraud_flag": False}]}
    return hint_of(
        [
            {
                "op": "add_branch",
                "leaf": "account_locked",
                "before": "default",
                "branch": {"when": {"ticket.language": "xx"}, "reply": "handover"},
            },
            {
                "op": "edit_template",
                "template": "transfer_help",
                "language": None,
                "was": "Please check the account number of the payee.",
                "to": "{{ 1 / (fetched.count * 0) }}",
            },
        ],
        [{**case, "ticket": {"language": "xx"}, "expect": {"reply": "handover"}}],
        target=TREE,
    )
