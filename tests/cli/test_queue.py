"""The queue at the terminal, from words to a merged commit: every page whole, every document's keys."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from fixloop.hints.ledger import WHY_CODES
from fixloop.hints.model import Hint
from tests.cli.conftest import Fixloop, plain
from tests.support.git_worlds import picture, run_git
from tests.support.hints import hint_of, record
from tests.support.loop import desk_of

SUMMARY = """\
  account_locked: where record.fraud_flag = true, answer security_escalation and
  call escalate_to_security instead of unlock_instructions
  fixes 2/2, moves 2 of 4 tickets, breaks 0
  identity-team  open  churn 0  guard ~0.50  1 leaf moves
"""

ROOT = {"op": "set_threshold", "at": "root", "was": 0.3}


def the_hint(fixloop: Fixloop) -> str:
    """Propose, and the id of the one hint that came of it."""
    (row,) = json.loads(fixloop("propose", "--json").out)["hints"]
    return str(row["id"])


def without_confidence(text: str) -> str:
    """A page without the one number that any change of the diagnosis moves."""
    return re.sub(r"(confidence\s+)[01]\.\d\d", r"\1<c>", text)


class TestPropose:
    def test_the_page(self, fixloop: Fixloop, told: Path) -> None:
        said = fixloop("propose")
        short = said.out[:8]
        assert said.code == 0
        assert re.fullmatch(r"h-[0-9a-f]{6}", short)
        assert without_confidence(said.out) == (
            f"{short}  proposed  plan · add_branch · 2 rejections · confidence <c>\n"
            f"{SUMMARY}\n"
            "2 rejections read: 1 fix, 0 questions, 0 shown without a fix\n"
            f"next: fixloop show {short}\n"
        )

    def test_a_second_time_there_is_nothing_new(self, fixloop: Fixloop, told: Path) -> None:
        the_hint(fixloop)
        said = fixloop("propose")
        assert said.code == 0
        assert said.out.startswith("nothing new:")

    def test_the_document(self, fixloop: Fixloop, told: Path) -> None:
        document = json.loads(fixloop("propose", "--json").out)
        assert {"hints", "ended"} <= {*document}
        keys = "id status step kind target summary support confidence question measured"
        assert {*keys.split(), "worth", "stakes"} <= {*document["hints"][0]}


def test_every_key_of_the_queues_documents_is_on_the_page(fixloop: Fixloop, told: Path) -> None:
    hint = the_hint(fixloop)
    text = (Path(__file__).parents[2] / "docs/commands.md").read_text("utf-8")
    shown = json.loads(fixloop("show", hint, "--json").out)
    own = {*shown} - {one.name.rstrip("_") for one in fields(Hint)} - {"format_version", "id"}
    asked = {
        "hints": json.loads(fixloop("hints", "--json").out)["hints"][0],
        "spec": json.loads(fixloop("spec", hint, "--json").out),
        "show": own,
    }
    for verb, keys in asked.items():
        section = text.split(f"\n## {verb if verb != 'hints' else 'propose'}\n")[1].split("\n## ")[0]
        assert [key for key in keys if f'"{key}"' not in section and f"`{key}`" not in section] == [], verb


class TestHints:
    def test_an_empty_queue(self, fixloop: Fixloop, bank: Path) -> None:
        said = fixloop("hints")
        assert said.code == 0
        assert said.out == ("no hint waits for anybody\nnext: fixloop propose\n      fixloop hints --all\n")
        assert json.loads(fixloop("hints", "--json").out)["hints"] == []

    def test_open_ones_and_with_all_the_closed(self, fixloop: Fixloop, told: Path) -> None:
        hint = the_hint(fixloop)
        assert without_confidence(fixloop("hints").out) == (
            f"{hint[:8]}  proposed  plan · add_branch · 2 rejections · confidence <c>\n"
            f"{SUMMARY}\n"
            f"1 open\nnext: fixloop show {hint[:8]}\n"
        )
        fixloop("reject", hint, "--why", "costly")
        assert fixloop("hints").out.startswith("no hint waits")
        assert f"{hint[:8]}  rejected  plan" in fixloop("hints", "--all").out
        assert "0 open, 1 closed" in fixloop("hints", "--all").out

    def test_show(self, fixloop: Fixloop, told: Path) -> None:
        hint = the_hint(fixloop)
        said = fixloop("show", hint[:6])
        assert said.code == 0
        before, _, after = said.out.partition("history\n")
        assert without_confidence(before) == (
            f"{hint}  proposed\n"
            "account_locked: where record.fraud_flag = true, answer security_escalation and\n"
            "call escalate_to_security instead of unlock_instructions\n"
            "\n"
            "  what        add_branch in plan_trees/account_locked.yaml, step plan\n"
            "  effect      fixes 2/2, moves 2 of 4 tickets, breaks 0\n"
            "  moves       account_locked/b-10ff5a61 → account_locked/b-425d58e0, at most 2\n"
            "  confidence  <c>\n"
            "  rubric      1.00\n"
            "  owner       identity-team\n"
            "  churn       0 of the last 0 commits\n"
            "  guard       ~0.50 of account_locked is asked about by cases\n"
            "  reach       2 of 4 stored tickets, 1 leaf\n"
            "\n"
            "evidence (2)\n"
            "  fb-190a44436032a1ab  rejected · staff-2 · 2026-11-02\n"
            "    │ KTR05821 my account is locked\n"
            "    “fraud flag! to security”\n"
            "  fb-f0e263237f095d64  rejected · wrong_action · staff-1 · 2026-11-01\n"
            "    │ our account number is KTR05821, we can no longer access it\n"
            "    “fraud flag was set, never send unlock steps”\n"
            "\n"
            "the change\n"
            "  --- a/plan_trees/account_locked.yaml\n"
            "  +++ b/plan_trees/account_locked.yaml\n"
            "  @@ -3,4 +3,7 @@\n"
            "   branches:\n"
            "     - {when: {fetched.count: 0}, reply: request_account_information}\n"
            "     - {when: {fetched.count: {gt: 1}}, reply: ask_which_account}\n"
            "  +  - when: {record.fraud_flag: true}\n"
            "  +    reply: security_escalation\n"
            '  +    tools: [{name: escalate_to_security, args: {account_id: "{{ record.account_id }}"}}]\n'
            "     - {reply: unlock_instructions}\n"
            f"  new file evals/plan/{hint}.yaml, 64 lines\n"
            "\n"
            "cases that fail now and pass with it (1)\n"
            '  plan  account_locked; account.account_number "KTR05821" or "KTRO5821"; a1 with\n'
            "    fraud_flag true → security_escalation, calls escalate_to_security\n"
            "\n"
            "near misses that must keep their answer (5)\n"
            '  plan  account_locked; account.account_number "NSB01234" or "NSBO1234"; a2 with\n'
            "    fraud_flag false → unlock_instructions\n"
            '  plan  account_locked; account.account_number "PQR77120" or "PQR7712O"; a4 with\n'
            "    fraud_flag false → unlock_instructions\n"
            '  plan  account_locked; account.account_number "KTR05821" or "KTRO5821"; a1 with\n'
            "    fraud_flag false → unlock_instructions\n"
            '  plan  account_locked; account.account_number "KTR05821" or "KTRO5821"; a1 with\n'
            "    no fraud_flag → unlock_instructions\n"
            '  plan  account_locked; account.account_number "KTR05821" or "KTRO5821"; no\n'
            "    record → request_account_information\n"
            "\n"
        )
        assert plain(after).endswith(
            "  <time>  proposed  ada@example.org\n"
            "\n"
            f"next: fixloop approve {hint}\n"
            f"      fixloop reject {hint} --why CODE\n"
        )

    def test_show_as_a_document(self, fixloop: Fixloop, told: Path) -> None:
        document = json.loads(fixloop("show", the_hint(fixloop), "--json").out)
        assert {"id", "status", "feedback", "diff", "events", "operations", "cases"} <= {*document}

    def test_an_unknown_id(self, fixloop: Fixloop, told: Path) -> None:
        said = fixloop("show", "h-000000")
        assert said.code == 2
        assert said.err == "fixloop: no hint starts with 'h-000000'\n  → list them: fixloop hints\n"


class TestDeciding:
    def test_approve_and_again(self, fixloop: Fixloop, told: Path) -> None:
        hint = the_hint(fixloop)
        assert fixloop("approve", hint).out == f"{hint}  approved\n\nnext: fixloop merge {hint}\n"
        assert fixloop("approve", hint).out.startswith(f"{hint}  approved already\n")

    def test_a_reason_is_kept_in_the_words_of_the_person(self, fixloop: Fixloop, told: Path) -> None:
        hint = the_hint(fixloop)
        said = fixloop("defer", hint, "--why", "too_risky_now", "wait for the fraud desk", "--as", "bo@bank")
        assert said.code == 0
        assert "deferred  bo@bank too_risky_now: wait for the fraud desk" in fixloop("show", hint).out

    def test_a_reason_is_needed_and_known(self, fixloop: Fixloop, told: Path) -> None:
        hint = the_hint(fixloop)
        assert fixloop("reject", hint).code == 2
        said = fixloop("reject", hint, "--why", "bored")
        assert said.code == 2
        assert "one of: one_off" in said.err

    def test_the_help_names_every_reason(self, fixloop: Fixloop) -> None:
        said = " ".join(fixloop("reject", "--help").out.split())
        assert all(code in said for code in WHY_CODES)

    def test_a_mistyped_id_is_no_text(self, fixloop: Fixloop, told: Path) -> None:
        hint = the_hint(fixloop)
        assert fixloop("reject", hint, "h-zzzz", "--why", "costly").code == 2
        assert json.loads(fixloop("hints", "--json").out)["hints"][0]["status"] == "proposed"

    def test_without_anybody_to_decide(self, fixloop: Fixloop, told: Path) -> None:
        hint = the_hint(fixloop)
        run_git(told, "config", "--unset", "user.email")
        assert fixloop("approve", hint).code == 3
        assert fixloop("approve", hint, "--as", "ada").code == 0

    def test_what_asks_nothing_cannot_be_answered(self, fixloop: Fixloop, told: Path) -> None:
        said = fixloop("answer", the_hint(fixloop), "1")
        assert said.code == 2
        assert "asks nothing" in said.err

    def test_two_that_change_the_same_are_told(self, fixloop: Fixloop, bank: Path) -> None:
        """One lands, the other is refused: nobody said so before both were approved."""
        desk = desk_of(bank)
        low, high = (
            record(desk, hint_of([{**ROOT, "to": to}], step="intent", target="workspace/intents.yaml"), ())
            for to in (0.1, 0.14)
        )
        assert "not both" not in fixloop("approve", low.id).out
        said = fixloop("approve", high.id)
        assert said.code == 0
        assert said.out == (
            f"{high.id}  approved\n"
            f"not both {high.id} and {low.id}, also approved, change the\n"
            "         same value: set_threshold root to 0.14 and to 0.1. The one that lands\n"
            "         first stays, the other is refused\n"
            "\n"
            f"next: fixloop reject {high.id} --why CODE\n"
            f"      fixloop merge {low.id}\n"
        )
        document = json.loads(fixloop("approve", low.id, high.id, "--json").out)
        change = {"op": "set_threshold", "place": "root", "values": [0.14, 0.1]}
        assert document["rivals"] == [{"hint": high.id, "other": low.id, "changes": [change]}]
        assert fixloop("reject", high.id, "--why", "duplicate").code == 0
        assert "rivals" not in json.loads(fixloop("approve", low.id, "--json").out)

    def test_two_that_do_the_same_are_told(self, fixloop: Fixloop, bank: Path) -> None:
        gone = {"op": "remove_example", "leaf": "login_problem", "text": "login fails with a blank screen"}
        more = {"op": "remove_example", "leaf": "login_problem", "text": "the sign in page shows an error"}
        one, other = (
            record(desk_of(bank), hint_of(operations, step="intent", target="workspace/examples"), ())
            for operations in ([gone], [gone, more])
        )
        said = " ".join(fixloop("approve", one.id, other.id).out.split())
        assert "also approved, make the same change: remove_example login_problem." in said
        assert f"next: fixloop reject {other.id} --why duplicate fixloop merge {one.id}" in said


class TestLanding:
    def test_what_to_type_next_names_the_branch_that_is_not_out(self, fixloop: Fixloop, told: Path) -> None:
        hint = the_hint(fixloop)
        fixloop("approve", hint)
        run_git(told, "checkout", "-q", "--detach")
        assert f"next: fixloop gate main fixloop/fix/{hint}\n" in fixloop("apply", hint).out
        assert f"next: fixloop gate main fixloop/fix/{hint}\n" in fixloop("show", hint).out
        assert fixloop("merge", hint).out.endswith("next: git log -1 main\n")
        assert "next: git log -2 main\n" in fixloop("revert", hint).out

    def test_apply_gate_merge(self, fixloop: Fixloop, told: Path) -> None:
        hint = the_hint(fixloop)
        fixloop("approve", hint)
        before = picture(told)
        applied = fixloop("apply", "--approved")
        assert plain(applied.out) == (
            f"{hint}  fixloop/fix/{hint}  <oid>\n"
            "\n"
            f"next: fixloop gate HEAD fixloop/fix/{hint}\n"
            "      fixloop merge --passing\n"
        )
        judged = fixloop("gate", "main", f"fixloop/fix/{hint}")
        assert judged.code == 0
        assert plain(judged.out).startswith(
            "pass: this tree may be merged\n"
            "  judged    tree <oid> = <oid> into <oid>\n"
            f"  lane      fix for {hint}\n"
            "  asked     4 of 6 cases; the results of the others were known\n"
            "  but       provisional: no held-out set was asked\n"
            "\n"
            "  pass  structure       4 leaves, 9 cases\n"
            "  pass  lane            2 governed files\n"
            "  pass  scope           2 files, all named by the hint\n"
        )
        assert picture(told) == before
        merged = fixloop("merge", "--passing")
        assert merged.code == 0
        assert plain(merged.out) == f"{hint}  merged  <oid>\n\n1 merged, 0 refused\nnext: git log -1\n"
        assert run_git(told, "status", "--porcelain") == ""
        again = fixloop("merge", hint)
        assert again.code == 0
        assert f"{hint}  nothing to do  merged already\n" in again.out

    def test_documents(self, fixloop: Fixloop, told: Path) -> None:
        hint = the_hint(fixloop)
        fixloop("approve", hint)
        applied = json.loads(fixloop("apply", hint, "--json").out)
        assert {*applied["applied"][0]} == {"id", "branch", "commit"}
        assert applied["conflicts"] == []
        judged = json.loads(fixloop("gate", "main", applied["applied"][0]["branch"], "--json").out)
        keys = "base head tree lane verdict provisional checks suites"
        assert {*keys.split()} <= {*judged}
        assert {*judged["checks"][0]} == {"id", "status", "detail", "evidence"}
        merged = json.loads(fixloop("merge", hint, "--json").out)
        assert {*merged["merged"][0]} == {"id", "commit", "tree", "judged"}
        assert merged["merged"][0]["tree"] == judged["tree"]
        assert merged["refused"] == []

    def test_a_failing_gate_says_so_first_and_is_one(self, fixloop: Fixloop, told: Path) -> None:
        run_git(told, "switch", "-q", "-c", "bad")
        (told / "plan_trees/transfer_failed.yaml").write_text(
            "leaf: transfer_failed\nbranches:\n  - {reply: handover}\n"
        )
        run_git(told, "commit", "-q", "-a", "-m", "bad")
        said = fixloop("gate", "main", "bad")
        assert said.code == 1
        assert said.out.startswith("FAIL: ")
        assert "  FAIL  regressions     plan: 1 protected case passed before and no longer does\n" in re.sub(
            r"no longer\b.*\n", "no longer does\n", said.out
        )
        assert json.loads(fixloop("gate", "main", "bad", "--json").out)["verdict"] == "fail"

    def test_a_refused_fix_is_one_and_names_the_check(self, fixloop: Fixloop, told: Path) -> None:
        hint = the_hint(fixloop)
        said = fixloop("merge", hint)
        assert said.code == 1
        assert said.out == (
            f"{hint}  refused by status  proposed, not approved\n"
            "\n"
            "0 merged, 1 refused\n"
            f"next: fixloop show {hint}\n      fixloop hints\n"
        )

    def test_blanks_are_nobodys_name(self, fixloop: Fixloop, told: Path) -> None:
        hint = the_hint(fixloop)
        assert fixloop("approve", hint).code == 0
        assert "approved already" in fixloop("approve", hint, "--as", " ").out

    def test_a_second_person_may_approve_after_the_refusal(self, fixloop: Fixloop, told: Path) -> None:
        guarded = (told / "plan_trees/account_locked.yaml").read_text()
        (told / "plan_trees/account_locked.yaml").write_text(
            guarded.replace("branches:", "stability: guarded\nbranches:")
        )
        run_git(told, "commit", "-q", "-a", "-m", "guard")
        hint = the_hint(fixloop)
        fixloop("approve", hint)
        said = fixloop("merge", hint)
        assert said.code == 1
        assert f"next: fixloop approve {hint} --as NAME\n" in said.out
        assert f"next: fixloop approve {hint} --as NAME\n" in fixloop("show", hint).out
        assert fixloop("approve", hint, "--as", "ben@bank").code == 0
        assert fixloop("merge", hint).code == 0

    @pytest.mark.parametrize("words", [["apply", "--approved"], ["merge", "--passing"]])
    def test_nothing_to_do_is_zero(self, fixloop: Fixloop, bank: Path, words: list[str]) -> None:
        said = fixloop(*words)
        assert said.code == 0
        assert "no hint is approved: nothing to" in said.out

    @pytest.mark.parametrize("verb, flag", [("apply", "--approved"), ("merge", "--passing")])
    def test_ids_or_all_but_not_neither_and_not_both(
        self, fixloop: Fixloop, bank: Path, verb: str, flag: str
    ) -> None:
        assert fixloop(verb).code == 2
        assert fixloop(verb, "h-1234", flag).code == 2

    def test_before_the_first_commit(self, fixloop: Fixloop, tmp_path: Path) -> None:
        run_git(tmp_path, "init", "-q", "fresh")
        said = fixloop("propose", "--repo", str(tmp_path / "fresh"))
        assert said.code == 2
        assert said.err == "fixloop: nothing is committed yet\n  → git add -A, git commit\n"

    def test_no_such_branch(self, fixloop: Fixloop, told: Path) -> None:
        said = fixloop("gate", "main", "nowhere")
        assert said.code == 2
        assert "'nowhere' names no commit here" in said.err

    def test_another_run_holds_the_lock(self, fixloop: Fixloop, told: Path) -> None:
        from fixloop.adapters.lock import run_lock

        hint = the_hint(fixloop)
        fixloop("approve", hint)
        with run_lock(told / ".git"):
            assert fixloop("merge", hint).code == 75
