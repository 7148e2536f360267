"""`apply`, `merge` and `revert` at the terminal: pages, documents, exit codes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fixloop.hints.operation import Operation
from tests.cli.conftest import Fixloop
from tests.support.fixes import (
    ALEX_BLANK,
    approve_fixes,
    ask_which,
    branch_weighs,
    given_names_count,
    other_words,
    teach,
)
from tests.support.git_worlds import commit_all, run_git
from tests.support.hints import hint_of, record
from tests.support.loop import desk_of


def short(hint_id: str) -> str:
    return hint_id[:8]


class TestMerge:
    def test_a_batch_and_its_document(self, fixloop: Fixloop, bank: Path) -> None:
        fixes = [other_words(), branch_weighs()]
        approve_fixes(desk_of(bank), *fixes)
        said = fixloop("merge", "--passing", "--json")
        assert said.code == 0
        document = json.loads(said.out)
        assert [one["id"] for one in document["merged"]] == [hint.id for hint in fixes]
        assert {frozenset(one) for one in document["merged"]} == {
            frozenset({"id", "commit", "tree", "judged"})
        }
        assert {one["judged"] for one in document["merged"]} == {run_git(bank, "rev-parse", "main^{tree}")}

    def test_the_pair_is_named_on_the_page(self, fixloop: Fixloop, bank: Path) -> None:
        alex = '{"id": "p", "ticket": {"id": "P", "text": "login fails with a blank screen, this is Alex"}, '
        alex += '"expect": {"leaf": "login_problem", "reply": "request_account_information"}}\n'
        commit_all(bank, {"evals/pipeline/alex.jsonl": alex})
        which, names = ask_which(), given_names_count()
        approve_fixes(desk_of(bank), which, names)
        said = fixloop("merge", "--passing")
        assert said.code == 1
        assert "refused by regressions" in said.out
        assert which.id in said.out.replace("\n", "")
        assert "1 merged, 1 refused" in said.out

    def test_what_is_copied_is_found_and_put_right(self, fixloop: Fixloop, bank: Path) -> None:
        taught = {"op": "add_example", "leaf": "login_problem", "text": "I cannot see KTR05821 any more"}
        fix = other_words()
        fix = replace(fix, operations=(*fix.operations, Operation.from_json(taught))).named_cases()
        approve_fixes(desk_of(bank), fix)
        refused = fixloop("merge", fix.id)
        shown = fixloop("show", fix.id)
        for said in (refused, shown):
            words = " ".join(said.out.split())
            assert "would stand in workspace/examples/login_problem.jsonl:4 (kt…); put a made-up" in words
            assert f"next: fixloop hint edit {fix.id}" in said.out
        assert refused.code == 1
        assert "KTR05821" not in refused.out


class TestNext:
    """What to type next is what lets a hint pass, from its approval on."""

    def test_a_fix_that_failed_is_on_no_branch_yet(self, fixloop: Fixloop, bank: Path) -> None:
        commit_all(bank, {"evals/pipeline/alex.jsonl": json.dumps(ALEX_BLANK) + "\n"})
        broken = teach("transfer_failed", "login fails with a blank screen, this is Alex", "no money came")
        approve_fixes(desk_of(bank), broken)
        assert fixloop("merge", broken.id).code == 1
        gate = f"fixloop gate HEAD fixloop/fix/{broken.id}\n"
        assert fixloop("show", broken.id).out.endswith(f"next: fixloop apply {broken.id}\n      {gate}")
        assert fixloop("apply", broken.id).code == 0
        assert fixloop("show", broken.id).out.endswith(f"next: {gate}      fixloop merge {broken.id}\n")

    def test_a_guarded_leaf_asks_for_a_second_person(self, fixloop: Fixloop, bank: Path) -> None:
        tree = (bank / "plan_trees/login_problem.yaml").read_text()
        commit_all(bank, {"plan_trees/login_problem.yaml": f"stability: guarded\n{tree}"})
        fix = record(desk_of(bank), ask_which(), approved_by=())
        said = fixloop("approve", fix.id, "--as", "ann@bank")
        assert "    reaches a guarded leaf: 1 more person must approve\n" in said.out
        assert said.out.endswith(f"next: fixloop approve {fix.id} --as NAME\n")
        shown = fixloop("show", fix.id).out
        assert "  to merge    1 more person must approve\n" in shown
        assert shown.endswith(f"next: fixloop approve {fix.id} --as NAME\n")
        said = fixloop("approve", fix.id, "--as", "bo@bank")
        assert said.out == f"{fix.id}  approved\n\nnext: fixloop merge {fix.id}\n"

    def test_what_decides_asks_for_a_reason(self, fixloop: Fixloop, bank: Path) -> None:
        kept = {
            "suite": "known_good",
            "id": "kg-1",
            "to": {**ALEX_BLANK, "id": "kg-1", "suite": "known_good"},
        }
        hint = hint_of(
            [{"op": "add_case", **kept, "was": None}], step="eval_data", target="evals/known_good/"
        )
        record(desk_of(bank), hint, approved_by=())
        merge = f'fixloop merge {hint.id} --allow judge --why "…"\n'
        shown = fixloop("show", hint.id).out
        assert "  to merge    changes what decides: a person lands it, and says why\n" in shown
        assert f"      {merge}" in shown
        said = fixloop("approve", hint.id)
        assert said.out.endswith(f"changes what decides: a person lands it, and says why\n\nnext: {merge}")
        said = fixloop("merge", hint.id)
        assert (said.code, "refused by lane" in said.out) == (1, True)
        assert f"next: {merge}" in said.out
        assert fixloop("show", hint.id).out.endswith(f"next: {merge}")
        assert fixloop("merge", hint.id, "--allow", "judge", "--why", "they were right").code == 0

    def test_each_of_several_is_told_what_it_needs(self, fixloop: Fixloop, bank: Path) -> None:
        tree = (bank / "plan_trees/login_problem.yaml").read_text()
        commit_all(bank, {"plan_trees/login_problem.yaml": f"stability: guarded\n{tree}"})
        guarded, free = ask_which(), other_words()
        for hint in (guarded, free):
            record(desk_of(bank), hint, approved_by=())
        said = fixloop("approve", guarded.id, free.id)
        assert said.out.endswith(
            f"next: fixloop approve {guarded.id} --as NAME\n      fixloop merge {free.id}\n"
        )


class TestApply:
    def test_the_limit(self, fixloop: Fixloop, bank: Path) -> None:
        config = (bank / "fixloop.yaml").read_text() + "policy: {max_open_fixes: 1}\n"
        commit_all(bank, {"fixloop.yaml": config})
        approve_fixes(desk_of(bank), other_words(), branch_weighs())
        said = fixloop("apply", "--approved")
        assert said.code == 1
        assert "no branch is free: policy.max_open_fixes is 1" in said.out
        assert said.out.rstrip().endswith("next: fixloop merge --passing")


class TestRevert:
    @pytest.fixture
    def merged(self, fixloop: Fixloop, bank: Path) -> str:
        fix = other_words()
        approve_fixes(desk_of(bank), fix)
        assert fixloop("merge", "--passing").code == 0
        return fix.id

    def test_the_page(self, fixloop: Fixloop, bank: Path, merged: str) -> None:
        said = fixloop("revert", short(merged), "too soon", "--why", "too_risky_now")
        assert said.code == 0
        first, second, *_ = said.out.splitlines()
        commits = [one[:12] for one in run_git(bank, "rev-list", "--reverse", "-2", "main").split()]
        assert first == f"{merged}  reverted  {' '.join(commits)}"
        assert second == f"    its cases went with it: {merged}-1"
        assert "Do check" not in (bank / "workspace/templates.yaml").read_text()
        assert "too soon" in run_git(bank, "log", "-1", "--format=%B")

    def test_the_document(self, fixloop: Fixloop, merged: str) -> None:
        document = json.loads(fixloop("revert", merged, "--json").out)
        assert document.keys() == {"id", "status", "commits", "undone", "cases", "failed"}
        assert (document["id"], document["status"], document["cases"]) == (
            merged,
            "reverted",
            [f"{merged}-1"],
        )
        again = fixloop("revert", merged)
        assert (again.code, again.out) == (0, f"{merged}  reverted already\n")

    def test_what_is_not_merged(self, fixloop: Fixloop, bank: Path) -> None:
        fix = other_words()
        approve_fixes(desk_of(bank), fix)
        said = fixloop("revert", fix.id)
        assert said.code == 2
        assert f"{fix.id} is approved, not merged" in said.err

    def test_an_unknown_reason(self, fixloop: Fixloop, merged: str) -> None:
        assert fixloop("revert", merged, "--why", "because").code == 2
