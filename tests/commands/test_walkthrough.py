"""Four rejections and one that is not a fix, from staff's words to a commit on the branch."""

from pathlib import Path

import pytest

from fixloop.commands.apply import apply
from fixloop.commands.decide import Why, answer, approve, reject
from fixloop.commands.desk import Desk
from fixloop.commands.gate import gate
from fixloop.commands.hints import list_hints, show_hint
from fixloop.commands.merge import merge
from fixloop.commands.propose import ProposeResult, propose
from fixloop.errors import BadInput
from fixloop.hints.model import Hint
from fixloop.report.hints import effect
from tests.support.git_worlds import picture, run_git
from tests.support.loop import bank, row, tell
from tests.support.worlds import minimal_world

WORLD = minimal_world()
WITHOUT_FRAUD = """\
leaf: account_locked
owner: identity-team
branches:
  - {when: {fetched.count: 0}, reply: request_account_information}
  # several accounts: ask
  - {when: {fetched.count: {gt: 1}}, reply: ask_which_account}
  - {reply: unlock_instructions}   # the default
"""
KNOWS_FRAUD = """\
leaf: login_problem
owner: identity-team
branches:
  - {when: {fetched.count: {ne: 1}}, reply: request_account_information}
  - when: {record.fraud_flag: true}
    reply: security_escalation
    tools: [{name: escalate_to_security, args: {account_id: "{{ record.account_id }}"}}]
  - {reply: unlock_instructions}
"""


def the_fix(found: ProposeResult, kind: str) -> Hint:
    """The one clear hint of a kind."""
    hints = [hint for hint in found.hints if hint.kind == kind and hint.operations]
    assert len(hints) == 1, [(hint.kind, hint.summary) for hint in found.hints] + [
        (drop.summary, drop.reason) for drop in found.dropped
    ]
    return hints[0]


def land(desk: Desk, hint: Hint) -> str:
    """Approve, apply, gate and merge one hint; the new commit."""
    approve(desk, [hint.id], "ann@bank")
    applied = apply(desk, [hint.id]).prepared.applied
    assert [one.id for one in applied] == [hint.id]
    verdict = gate(desk, "main", applied[0].branch).verdict
    assert verdict.passed, verdict.failures
    result = merge(desk, [hint.id], who="ann@bank")
    assert not result.refused, result.refused
    assert result.merged[0].tree == verdict.tree
    return result.merged[0].commit


@pytest.fixture
def fraud(tmp_path: Path) -> Desk:
    files = {"plan_trees/account_locked.yaml": WITHOUT_FRAUD, "plan_trees/login_problem.yaml": KNOWS_FRAUD}
    desk = bank(tmp_path, **files)
    wanted = {"tools": ["escalate_to_security"]}
    tell(
        desk,
        [
            row(
                1,
                "our account number is KTR05821, we can no longer access it",
                "fraud flag was set, never send unlock steps",
                expected=wanted,
                reason="wrong_action",
            ),
            row(2, "KTR05821 my account is locked", "fraud flag! to security", reviewer="staff-2"),
            row(3, "NSB01234 my account is locked", outcome="accepted"),
            row(4, "locked out of my account again PQR77120", outcome="accepted"),
        ],
    )
    return desk


def test_a_missing_branch(fraud: Desk) -> None:
    hint = the_fix(propose(fraud), "add_branch")
    assert hint.target == "plan_trees/account_locked.yaml"
    (operation,) = hint.operations
    assert operation.args["branch"]["when"] == {"record.fraud_flag": True}
    assert operation.args["branch"]["reply"] == "security_escalation"
    assert operation.args["before"] == "default"
    assert len(hint.near_misses) >= 3
    assert hint.measured is not None
    assert (hint.measured.fixed, hint.measured.evidence_of, hint.measured.broken) == (2, 2, ())
    commit = land(fraud, hint)
    text = run_git(fraud.folder, "show", f"{commit}:plan_trees/account_locked.yaml")
    assert "# several accounts: ask" in text
    kept = [line for line in text.splitlines() if line in WITHOUT_FRAUD.splitlines()]
    assert kept == WITHOUT_FRAUD.splitlines()
    changed = run_git(fraud.folder, "diff", "--name-only", f"{commit}~1", commit).split()
    assert changed == [f"evals/plan/{hint.id}.yaml", "plan_trees/account_locked.yaml"]
    # the clean checkout came along
    assert (fraud.folder / "plan_trees/account_locked.yaml").read_text().rstrip() == text.rstrip()
    assert run_git(fraud.folder, "status", "--porcelain") == ""


def test_nothing_but_merge_touches_the_checkout(fraud: Desk) -> None:
    (fraud.folder / "notes.txt").write_text("mine")
    (fraud.folder / "workspace/templates.yaml").write_text(WORLD["workspace/templates.yaml"] + "# mine\n")
    before = picture(fraud.folder)
    hint = the_fix(propose(fraud), "add_branch")
    approve(fraud, [hint.id], "ann@bank")
    apply(fraud, [hint.id])
    gate(fraud, "main", f"fixloop/fix/{hint.id}")
    after = picture(fraud.folder)
    assert {path: data for path, data in after.items() if path in before} == before


def test_local_changes_survive_a_merge_beside_them(fraud: Desk) -> None:
    mine = WORLD["workspace/templates.yaml"] + "# mine\n"
    (fraud.folder / "workspace/templates.yaml").write_text(mine)
    land(fraud, the_fix(propose(fraud), "add_branch"))
    assert (fraud.folder / "workspace/templates.yaml").read_text() == mine
    assert "security_escalation" in (fraud.folder / "plan_trees/account_locked.yaml").read_text()


def test_local_changes_in_the_way_refuse_and_are_named(fraud: Desk) -> None:
    hint = the_fix(propose(fraud), "add_branch")
    (fraud.folder / "plan_trees/account_locked.yaml").write_text(WITHOUT_FRAUD + "# mine\n")
    approve(fraud, [hint.id], "ann@bank")
    head = run_git(fraud.folder, "rev-parse", "main")
    (refused,) = merge(fraud, [hint.id]).refused
    assert refused.check == "checkout"
    assert "plan_trees/account_locked.yaml" in refused.detail
    assert run_git(fraud.folder, "rev-parse", "main") == head


def test_what_is_not_approved_does_not_land(fraud: Desk) -> None:
    hint = the_fix(propose(fraud), "add_branch")
    (refused,) = merge(fraud, [hint.id]).refused
    assert (refused.check, refused.detail) == ("status", "proposed, not approved")


def test_a_rejected_idea_stays_rejected_until_its_support_doubles(fraud: Desk) -> None:
    hint = the_fix(propose(fraud), "add_branch")
    reject(fraud, [hint.id], Why("too_risky_now", "after the audit"), "ann@bank")
    more = row(11, "locked out of my account KTR05821", "fraud flag, security!", reviewer="staff-3")
    tell(fraud, [more], "more.jsonl")
    assert [one for one in propose(fraud).hints if one.kind == "add_branch" and one.operations] == []
    assert list_hints(fraud, every=True).statuses.count("rejected") == 1
    yet = row(12, "my account KTR05821 is locked again", "fraud flag! security", reviewer="staff-4")
    tell(fraud, [yet], "yet.jsonl")
    back = the_fix(propose(fraud), "add_branch")
    assert set(back.evidence) > set(hint.evidence)
    assert back.support == 2 * hint.support
    assert fraud.ground().book.status(back.id) == "proposed"


def test_what_a_rejected_fix_rested_on_is_not_asked_about_by_itself(fraud: Desk) -> None:
    hint = the_fix(propose(fraud), "add_branch")
    reject(fraud, [hint.id], Why("not_general", ""), "ann@bank")
    assert [one for one in propose(fraud).hints if one.step != "eval_data"] == []


def test_what_staff_said_wrongly_supports_nothing(fraud: Desk) -> None:
    hint = the_fix(propose(fraud), "add_branch")
    reject(fraud, [hint.id], Why("staff_wrong", ""), "ann@bank")
    texts = ("my account KTR05821 is locked", "KTR05821 is locked, why", "locked out of my account KTR05821")
    more = [row(n, text, "fraud flag, security!") for n, text in enumerate(texts, 11)]
    more += [row(n, text, "fraud flag!", reviewer="staff-4") for n, text in enumerate(texts, 21)]
    tell(fraud, more, "more.jsonl")
    back = the_fix(propose(fraud), "add_branch")
    assert not set(back.evidence) & set(hint.evidence)


def test_show_tells_evidence_diff_and_history(fraud: Desk) -> None:
    hint = the_fix(propose(fraud), "add_branch")
    detail = show_hint(fraud, hint.id[:8])
    assert "+    reply: security_escalation" in detail.diff or "reply: security_escalation" in detail.diff
    assert {one.comment for one in detail.evidence} >= {"fraud flag! to security"}
    assert [event.event for event in detail.events] == ["proposed"]


# --- 2: a wrong weight ----------------------------------------------------------------------------------


def test_a_wrong_weight(tmp_path: Path) -> None:
    wrong = WORLD["workspace/fetch.yaml"].replace("weight: 3", "weight: 5")
    desk = bank(tmp_path, **{"workspace/fetch.yaml": wrong})
    tell(
        desk,
        [
            row(
                1,
                "Bo here, my account is locked, PQR77120",
                "that's the other Bo",
                expected={"records": ["a4"]},
            ),
            row(2, "my account is locked NSB01234", outcome="accepted"),
            row(3, "locked out of my account KLM20418", outcome="accepted"),
            row(4, "my account is locked KTR05821 Riverton", outcome="accepted"),
        ],
    )
    hint = the_fix(propose(desk), "set_weight")
    assert hint.target.startswith("workspace/fetch.yaml#")
    (operation,) = hint.operations
    assert operation.args["signal"]["field"] == "people.given_name"
    assert operation.args["was"] == 5
    assert operation.args["to"] < 5
    commit = land(desk, hint)
    diff = run_git(desk.folder, "diff", "-U0", f"{commit}~1", commit, "--", "workspace/fetch.yaml")
    assert (
        len([line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]) == 2
    )


# --- 3: a cluster of `other` ----------------------------------------------------------------------------

HOLIDAY = [
    "can I pause my loan payments for three months",
    "I would like to pause payments on the mortgage for a while",
    "payment holiday!! how do I get one",
    "money is tight, may I skip the loan instalments until spring",
    "we want a break from the mortgage payments",
    "is there a payment holiday for car loans",
    "please pause my instalments, I am between jobs",
    "how long can a payment holiday be",
    "can the loan payments be paused while I am on parental leave",
    "pausing the mortgage payments for a while, is that possible",
    "stop my loan payments for half a year please",
    "I need a payment holiday on my loan",
]


def test_a_cluster_of_other(tmp_path: Path) -> None:
    desk = bank(tmp_path)
    comments = [
        "payment holiday",
        "wants a payment holiday",
        "this is a payment holiday",
        "payment holiday again",
    ]
    tell(desk, [row(n, text, comments[n % 4]) for n, text in enumerate(HOLIDAY)])
    hint = the_fix(propose(desk), "add_leaf")
    leaf, *examples = hint.operations
    assert leaf.args["id"] == "payment_holiday"
    texts = {one.args["text"] for one in examples}
    cases = {case["text"] for case in hint.cases}
    assert len(texts) >= 5
    assert cases
    assert not texts & cases
    land(desk, hint)
    tree = (desk.folder / "plan_trees/payment_holiday.yaml").read_text()
    assert "handover" in tree
    assert "stability: open" in tree


def test_two_names_are_a_question(tmp_path: Path) -> None:
    desk = bank(tmp_path)
    names = ["payment holiday", "instalment break", "a payment holiday", "an instalment break"]
    tell(desk, [row(n, text, names[n % 4]) for n, text in enumerate(HOLIDAY)])
    (asked,) = [hint for hint in propose(desk).hints if hint.question and hint.kind == "add_leaf"]
    assert asked.question is not None
    assert {choice.label for choice in asked.question.choices} == {"payment_holiday", "instalment_break"}
    (chosen,) = answer(desk, asked.id, 1, "ann@bank").ids
    hint = desk.ground().book.find(chosen)
    assert hint.supersedes == (asked.id,)
    land(desk, hint)
    assert list_hints(desk, every=True).statuses.count("superseded") == 1


def test_a_lone_no_is_asked_about_and_taken_up_when_others_say_the_same(tmp_path: Path) -> None:
    files = {"plan_trees/account_locked.yaml": WITHOUT_FRAUD, "plan_trees/login_problem.yaml": KNOWS_FRAUD}
    desk = bank(tmp_path, **files)
    accepted = [
        row(3, "NSB01234 my account is locked", outcome="accepted"),
        row(4, "locked out of my account again PQR77120", outcome="accepted"),
    ]
    tell(desk, [row(1, "our account number is KTR05821, we can no longer access it", "no"), *accepted])
    (lone,) = propose(desk).hints
    assert lone.question is not None
    assert propose(desk).ended.startswith("nothing new")
    tell(desk, [row(2, "KTR05821 my account is locked", "wrong again", reviewer="staff-2")])
    found = propose(desk)
    assert any(set(lone.evidence) < set(hint.evidence) for hint in found.hints), found.hints
    assert desk.ground().book.status(lone.id) == "superseded"


# --- 4: an outdated template ----------------------------------------------------------------------------


def test_a_text_that_nobody_has_written_waits_for_its_words(tmp_path: Path) -> None:
    old = WORLD["workspace/templates.yaml"].replace(
        "Please call {{ record.hotline }} and we will unlock the account.",
        "Please visit {{ record.branch }} and we will unlock the account.",
    )
    desk = bank(tmp_path, **{"workspace/templates.yaml": old})
    said = ["this text is out of date", "the wording is outdated", "text outdated"]
    asked = ["NSB01234 my account is locked", "locked out of my account PQR77120", "is NSB01234 locked"]
    right = ["NSB01234: why did the transfer fail", "my transfer was rejected, account PQR77120"]
    rejected = [row(n, text, said[n], reviewer=f"s{n}") for n, text in enumerate(asked)]
    tell(desk, [*rejected, *(row(10 + n, text, outcome="accepted") for n, text in enumerate(right))])
    (waiting,) = propose(desk).hints
    assert waiting.is_unwritten
    assert (waiting.kind, waiting.support) == ("edit_template", 3)
    assert waiting.open_work == ("nobody has said yet what should stand there instead",)
    assert "to be written" in "".join(map(str, effect(waiting)))
    with pytest.raises(BadInput, match="changes nothing"):
        approve(desk, [waiting.id], "ann@bank")
    corrected = "Please call 0800 1234 and we will unlock the account."
    tell(desk, [row(7, "NSB01234 my account is locked again", "old text", outcome="edited", reply=corrected)])
    hint = the_fix(propose(desk), "edit_template")
    assert set(waiting.evidence) < set(hint.evidence)
    assert desk.ground().book.status(waiting.id) == "superseded"


def test_an_outdated_template(tmp_path: Path) -> None:
    old = WORLD["workspace/templates.yaml"].replace(
        "Please call {{ record.hotline }} and we will unlock the account.",
        "Please visit {{ record.branch }} and we will unlock the account.",
    )
    desk = bank(tmp_path, **{"workspace/templates.yaml": old})
    corrected = "Please call 0800 1234 and we will unlock the account."
    tell(
        desk,
        [
            row(1, "NSB01234 my account is locked", "", "edited", reply=corrected),
            row(2, "locked out of my account again NSB01234", "not the branch", reply=corrected),
        ],
    )
    hint = the_fix(propose(desk), "edit_template")
    assert hint.target == "workspace/templates.yaml#unlock_instructions"
    assert "login_problem" in hint.summary
    (operation,) = hint.operations
    assert operation.args["to"] == "call {{ record.hotline }}"
    land(desk, hint)
    assert "call {{ record.hotline }} and" in (desk.folder / "workspace/templates.yaml").read_text()


# --- and one that is not a fix --------------------------------------------------------------------------


def test_one_that_is_not_a_fix(tmp_path: Path) -> None:
    desk = bank(tmp_path)
    tell(desk, [row(1, "why did the transfer fail", "Wrong, he obviously wants a refund")])
    found = propose(desk)
    assert [hint for hint in found.hints if hint.operations] == []
    (shown,) = found.hints
    assert (shown.step, shown.question) == ("none", None)
    first, *others = [other.step for other in shown.alternatives]
    assert first == "none"
    assert others
    reject(desk, [shown.id], Why("staff_wrong"), "ann@bank")
    assert propose(desk).hints == ()


def test_a_conflict_voids_the_approval(fraud: Desk) -> None:
    hint = the_fix(propose(fraud), "add_branch")
    approve(fraud, [hint.id], "ann@bank")
    path = fraud.folder / "plan_trees/account_locked.yaml"
    path.unlink()
    run_git(fraud.folder, "commit", "-qam", "gone")
    (refused,) = merge(fraud, [hint.id]).refused
    assert refused.check == "conflict"
    assert fraud.ground().book.status(hint.id) == "conflict"
