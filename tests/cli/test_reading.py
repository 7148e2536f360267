"""check, eval and run as a person and as a program see them."""

import io
import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import BANK, Fixloop
from tests.support.git_worlds import commit_all, make_repo, run_git
from tests.support.worlds import minimal_world

WRONG = """\
- {id: plan-1, leaf: account_locked, records: [], expect: {reply: transfer_help}}
- {id: plan-2, leaf: transfer_failed, records: [], expect: {reply: transfer_help, tools: []}}
"""


class TestCheck:
    def test_a_sound_workspace(self, fixloop: Fixloop, bank: Path) -> None:
        said = fixloop("check")
        assert said.code == 0
        assert said.out == (
            "workspace/intents.yaml:13:3: warning: the leaf `payment_recall` has no plan\n"
            "    tree: the fallback answers\n"
            "    → write plan_trees/payment_recall.yaml\n"
            "\n"
            "no errors, 1 warning in 4 leaves and 3 cases\n"
        )

    def test_errors_are_one_and_every_problem_has_its_place(self, fixloop: Fixloop, bank: Path) -> None:
        (bank / "plan_trees/transfer_failed.yaml").write_text(
            "leaf: transfer_failed\nbranches:\n  - {reply: transfer_hel}\n"
        )
        said = fixloop("check", "--json")
        document = json.loads(said.out)
        assert said.code == 1
        assert document["errors"] == 1
        found = [(one["severity"], one["path"], one["line"]) for one in document["problems"]]
        assert ("error", "plan_trees/transfer_failed.yaml", 3) in found
        assert {"column", "message", "mend"} <= {*document["problems"][0]}
        assert any("transfer_help" in one["mend"] for one in document["problems"])

    def test_a_ref_is_looked_at_without_a_checkout(self, fixloop: Fixloop, bank: Path) -> None:
        (bank / "workspace/templates.yaml").unlink()
        assert fixloop("check").code == 1
        assert fixloop("check", "--ref", "main").code == 0

    def test_an_unknown_ref(self, fixloop: Fixloop, bank: Path) -> None:
        said = fixloop("check", "--ref", "nowhere")
        assert said.code == 2
        assert "'nowhere' names no commit here" in said.err

    def test_a_bare_repository_wants_a_ref(self, fixloop: Fixloop, bank: Path, tmp_path: Path) -> None:
        run_git(bank, "clone", "-q", "--bare", str(bank), str(tmp_path / "bare.git"))
        repo = ["--repo", str(tmp_path / "bare.git")]
        assert "--ref BRANCH" in fixloop("check", *repo).err
        assert fixloop("check", "--ref", "main", *repo).code == 0

    def test_a_linked_worktree_and_a_folder_below(self, fixloop: Fixloop, bank: Path, tmp_path: Path) -> None:
        run_git(bank, "worktree", "add", "-q", str(tmp_path / "linked"), "-b", "side")
        assert fixloop("check", "--repo", str(tmp_path / "linked")).code == 0
        assert fixloop("check", "--repo", str(bank / "workspace/examples")).code == 0

    def test_a_folder_below_is_told_which_workspace_is_read(self, fixloop: Fixloop, bank: Path) -> None:
        (bank / "side/evals").mkdir(parents=True)
        said = fixloop("check", "--json", "--repo", str(bank / "side"))
        assert (
            said.err == f"fixloop: this is about {bank}, the top of the repository that {bank}/side lies in\n"
        )
        assert json.loads(said.out)["leaves"] == 4
        assert fixloop("check", "--repo", str(bank)).err == ""

    def test_a_workspace_below_the_top_is_not_read_and_told_so(
        self, fixloop: Fixloop, bank: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (bank / "side/evals").mkdir(parents=True)
        (bank / "side/fixloop.yaml").write_text("fixloop: 1\n")
        told = (
            f"fixloop: this is about {bank}, the top of the repository, and not the workspace in "
            f"{bank}/side\n  → only a workspace at the top is read: make {bank}/side a repository with "
            "`git init` and a commit\n"
        )
        assert fixloop("check", "--repo", str(bank / "side/evals")).err == told
        monkeypatch.chdir(bank / "side")
        assert fixloop("hints").err == told
        (bank / "side/fixloop.yaml").unlink()
        assert fixloop("hints").err == ""


class TestInit:
    def test_what_the_first_eval_will_say(self, fixloop: Fixloop, tmp_path: Path) -> None:
        words = ("lost", "stolen", "broken", "late", "refund")
        lines = [f"my {words[n % 5]} card {n},leaf_{n * n // 11 % 3}" for n in range(60)]
        (tmp_path / "texts.csv").write_text("\n".join(["text,intent", *lines]))
        said = fixloop("init", str(tmp_path / "new"), "--from", str(tmp_path / "texts.csv"))
        assert said.code == 0
        told = " ".join(said.out.split())
        assert re.search(r"eval \d of 6 held-back cases pass \(\d+\.\d %\): the floor in fixloop\.yaml", told)
        assert "It lists what fails: more examples for these leaves" in told
        assert "personal" not in told

    def test_what_looks_personal(self, fixloop: Fixloop, tmp_path: Path) -> None:
        lines = [f"my number is RW2063{n},leaf_{n % 2}" for n in range(9)]
        (tmp_path / "texts.csv").write_text("\n".join(["text,intent", *lines]))
        said = fixloop("init", str(tmp_path / "new"), "--from", str(tmp_path / "texts.csv"))
        told = " ".join(said.out.split())
        assert "personal 9 texts hold what looks like somebody's" in told
        assert "lines 2, 3, 4, 5, 6 and 4 more" in told
        assert "RW2063" not in said.out


class TestEval:
    def test_a_line_a_suite(self, fixloop: Fixloop, bank: Path) -> None:
        said = fixloop("eval")
        assert said.code == 0
        assert said.out == (
            "intent  1/1  100.0 %  in scope 100.0 %; macro F1 1.000; 100.0 % before\n"
            "                      thresholds; calibration error 0.188\n"
            "plan    2/2  100.0 %  reply 100.0 %, tools 100.0 %\n"
            "\n"
            "coverage 2 of 4 leaves and 2 of 7 branches have cases\n"
            "  leaves without a case: login_problem, payment_recall\n"
            "  no case reaches account_locked/b-aec3835f plan_trees/account_locked.yaml:5:5\n"
            "  no case reaches account_locked/b-10ff5a61 plan_trees/account_locked.yaml:6:5\n"
            "  no case reaches login_problem/b-73b959a5 plan_trees/login_problem.yaml:4:5\n"
            "  no case reaches login_problem/b-425d58e0 plan_trees/login_problem.yaml:5:5\n"
            "  no case reaches login_problem/b-10ff5a61 plan_trees/login_problem.yaml:8:5\n"
        )

    def test_a_failure_tells_what_came_out_instead(self, fixloop: Fixloop, bank: Path) -> None:
        (bank / "evals/plan/bank.yaml").write_text(WRONG)
        said = fixloop("eval", "--suite", "plan")
        assert said.code == 1
        assert said.out == (
            "plan  1/2  50.0 %  reply 50.0 %, tools 100.0 %\n"
            "\n"
            "fail plan plan-1 evals/plan/bank.yaml:1:3\n"
            "  expected transfer_help\n"
            "  got      request_account_information\n"
        )

    def test_a_floor_that_holds_and_one_that_does_not(self, fixloop: Fixloop, bank: Path) -> None:
        wrong = '{"id": "int-2", "text": "locked out again", "expect": "transfer_failed"}\n'
        (bank / "evals/intent/wrong.jsonl").write_text(wrong)
        config = (bank / "fixloop.yaml").read_text()
        for floor, code, told in (
            ("0.5", 0, "intent  1/2  50.0 %  floor 50.0 %; "),
            ("0.51", 1, "intent  1/2  50.0 %  below its floor of 51.0 %; "),
        ):
            (bank / "fixloop.yaml").write_text(f"{config}evals: {{floors: {{intent: {floor}}}}}\n")
            said = fixloop("eval", "--suite", "intent")
            assert said.code == code
            assert said.out.startswith(told)
        (bank / "fixloop.yaml").write_text(f"{config}evals: {{floors: {{plan: 0.5}}}}\n")
        assert "unknown key `plan`" in fixloop("check").out

    def test_the_document(self, fixloop: Fixloop, bank: Path) -> None:
        document = json.loads(fixloop("eval", "--json").out)
        assert document["ref"] is None
        assert {*document["suites"]} == {"intent", "plan"}
        assert {"cases", "passed", "failed", "unscored", "metrics", "failures"} <= {
            *document["suites"]["plan"]
        }

    def test_against_a_base_only_what_is_new_counts(self, fixloop: Fixloop, bank: Path) -> None:
        commit_all(bank, {"evals/plan/bank.yaml": WRONG})
        assert fixloop("eval").code == 1
        assert fixloop("eval", "--against", "HEAD").code == 0
        (bank / "plan_trees/transfer_failed.yaml").write_text(
            "leaf: transfer_failed\nbranches:\n  - {reply: handover}\n"
        )
        said = fixloop("eval", "--against", "HEAD", "--suite", "plan")
        assert said.code == 1
        assert said.out.endswith(
            "\nfail plan plan-2 evals/plan/bank.yaml:2:3\n"
            "  expected transfer_help\n"
            "  got      handover\n"
            "\n"
            "against HEAD\n"
            "plan  too few cases to tell  0 better, 1 worse of 2; p = 1\n"
            "  plan worse: plan-2\n"
        )
        document = json.loads(fixloop("eval", "--against", "HEAD", "--json").out)
        assert document["against"]["plan"]["regressions"] == ["plan-2"]
        assert {"outcome", "aligned", "new", "missing", "gains", "p", "mde"} <= {*document["against"]["plan"]}

    def test_a_ref_is_judged_by_its_own_cases(self, fixloop: Fixloop, bank: Path) -> None:
        (bank / "evals/plan/bank.yaml").write_text(WRONG)
        assert fixloop("eval", "--ref", "main").code == 0

    def test_no_such_suite(self, fixloop: Fixloop, bank: Path) -> None:
        said = fixloop("eval", "--suite", "plans")
        assert said.code == 2
        assert "there is no suite 'plans'" in said.err

    def test_no_cases_is_nothing_to_do(self, fixloop: Fixloop, tmp_path: Path) -> None:
        folder = make_repo(tmp_path, minimal_world(), "empty")
        said = fixloop("eval", "--repo", str(folder))
        assert said.code == 0
        assert said.out == "no cases: write some to evals/<suite>/*.yaml or *.jsonl\n"

    def test_an_engine_of_the_repository_is_found(self, fixloop: Fixloop, tmp_path: Path) -> None:
        engine = (
            "class Always:\n    version, deterministic = '1', True\n\n"
            "    def classify(self, texts):\n        return ['account_locked' for _ in texts]\n\n\n"
            "def factory(config):\n    return Always()\n"
        )
        world = {
            **BANK,
            "own_engine.py": engine,
            "fixloop.yaml": BANK["fixloop.yaml"] + 'engines: {intent: "python:own_engine:factory"}\n',
        }
        folder = make_repo(tmp_path, world, "engine")
        assert fixloop("eval", "--suite", "intent", "--repo", str(folder)).code == 0


class TestRun:
    def test_why_at_one_glance(self, fixloop: Fixloop, bank: Path) -> None:
        said = fixloop("run", "--text", "KTR05821 my account is locked\nplease \x1b[31mhelp")
        assert said.code == 0
        shown = [line for line in said.out.splitlines() if "intent " not in line]
        assert shown == [
            "text  account_locked  ready",
            "  │ KTR05821 my account is locked",
            "  │ please \\x1b[31mhelp",
            '  fields    account.account_number = "KTR05821" by pattern',
            '            \\b[A-Z]{3,4}[0-9O]{4,5}\\b, "KTRO5821" by confusable with KTR05821',
            "  record    a1 5 from account.account_number=KTR05821 (+5); margin 5, threshold",
            "            4",
            "  branch    b-10ff5a61: the default",
            "  reply     unlock_instructions",
            "            │ Please call 0800 1234 and we will unlock the account.",
        ]
        assert all(len(line) <= 80 for line in said.out.splitlines())

    def test_a_line_a_ticket_in_the_order_of_the_file(self, fixloop: Fixloop, bank: Path) -> None:
        tickets = bank / "tickets.jsonl"
        tickets.write_text("".join(json.dumps({"id": f"T-{n}", "text": "hello"}) + "\n\n" for n in range(3)))
        said = fixloop("run", "tickets.jsonl", "--json")
        rows = [json.loads(line) for line in said.out.splitlines()]
        assert [row["ticket_id"] for row in rows] == ["T-0", "T-1", "T-2"]
        keys = "ticket_id workspace leaf path scores fields rows records branch reply tools needs_review"
        assert {*keys.split()} <= {*rows[0]}
        assert rows[0]["workspace"] == run_git(bank, "rev-parse", "HEAD")

    def test_the_workspace_is_named_after_what_was_run(self, fixloop: Fixloop, bank: Path) -> None:
        head = run_git(bank, "rev-parse", "HEAD")
        (bank / "workspace/templates.yaml").write_text(BANK["workspace/templates.yaml"] + "# a remark\n")
        assert json.loads(fixloop("run", "--text", "x", "--json").out)["workspace"] == f"{head}+changes"
        assert json.loads(fixloop("run", "--text", "x", "--json", "--ref", "main").out)["workspace"] == head

    def test_a_bad_line_is_told_and_spoils_no_other(self, fixloop: Fixloop, bank: Path) -> None:
        (bank / "t.jsonl").write_text('{"id": "T-1", "text": "a"}\nnot json\n{"id": "T-2", "text": "b"}\n')
        said = fixloop("run", "t.jsonl", "--json")
        assert said.code == 1
        assert [json.loads(line)["ticket_id"] for line in said.out.splitlines()] == ["T-1", "T-2"]
        assert "t.jsonl:2: not a line of JSON" in said.err
        assert "1 of 3 lines were no tickets" in said.err

    def test_of_a_file_of_something_else_the_first_lines_are_told(
        self, fixloop: Fixloop, bank: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("fixloop.commands.run.BATCH", 3)
        (bank / "labelled.csv").write_text("text,intent\n" * 9)
        said = fixloop("run", "labelled.csv")
        assert (said.code, said.out) == (1, "")
        assert said.err.count("not a line of JSON") == 5
        assert "9 of 9 lines were no tickets and were left out; the first 5 are told" in said.err
        assert "run reads JSON Lines, a ticket a line" in said.err

    def test_tickets_are_piped_in(
        self, fixloop: Fixloop, bank: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        piped = io.TextIOWrapper(io.BytesIO(b'{"id": "T-9", "text": "hi"}\n'))
        monkeypatch.setattr(sys, "stdin", piped)
        assert json.loads(fixloop("run", "--json").out)["ticket_id"] == "T-9"

    def test_no_tickets_is_nothing_to_do(self, fixloop: Fixloop, bank: Path) -> None:
        said = fixloop("run", os.devnull)
        assert (said.code, said.out) == (0, "no tickets: nothing to do\n")

    def test_a_text_or_a_file(self, fixloop: Fixloop, bank: Path) -> None:
        assert fixloop("run", "t.jsonl", "--text", "x").code == 2

    def test_a_file_that_is_not_there(self, fixloop: Fixloop, bank: Path) -> None:
        said = fixloop("run", "nowhere.jsonl")
        assert said.code == 2
        assert said.err == "fixloop: nowhere.jsonl: cannot be read: No such file or directory\n"
