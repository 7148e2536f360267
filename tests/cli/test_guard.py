"""guard as a person and as a program see it."""

import json
import shutil
from pathlib import Path

from tests.cli.conftest import Fixloop

STRONG = """\
- {id: plan-3, leaf: account_locked, records: [{account_id: a1}, {account_id: a2}],
   expect: {reply: ask_which_account}}
- {id: plan-4, leaf: account_locked, records: [{account_id: a1, hotline: "1"}],
   expect: {reply: unlock_instructions}}
"""


def test_scores_stand_the_weakest_leaf_first(fixloop: Fixloop, bank: Path) -> None:
    said = fixloop("guard", "--step", "plan")
    assert said.code == 1
    lines = said.out.splitlines()
    assert lines[0].startswith("guard strength ")
    leaves = [line.split()[0] for line in lines if line.startswith(("account", "login", "transfer"))]
    assert leaves[0] == "login_problem"  # no case looks at it
    assert set(leaves) == {"login_problem", "account_locked", "transfer_failed"}
    assert max(map(len, lines)) <= 80


def test_a_leaf_that_is_guarded_well_is_exit_0(fixloop: Fixloop, bank: Path) -> None:
    (bank / "evals/plan/more.yaml").write_text(STRONG)
    said = fixloop("guard", "account_locked", "--step", "plan")
    assert said.code == 0
    assert "every fault that shows is caught" in said.out


def test_where_nothing_shows_nothing_is_praised(fixloop: Fixloop, bank: Path) -> None:
    for folder in ("plan", "intent"):
        shutil.rmtree(bank / "evals" / folder)
    for words in ((), ("--survivors",)):
        said = fixloop("guard", "login_problem", "--step", "intent", *words)
        assert said.code == 1
        assert "no fault shows" in said.out and "is caught" not in said.out


def test_survivors_come_with_a_case_that_can_be_pasted(fixloop: Fixloop, bank: Path) -> None:
    said = fixloop("guard", "account_locked", "--step", "plan", "--survivors")
    assert "plan_trees/account_locked.yaml#" in said.out
    shown = said.out[said.out.index("  - id: guard-account_locked-") :]
    case = [line.removeprefix("  ") for line in shown.split("\n\n")[0].splitlines()]
    (bank / "evals/plan/pasted.yaml").write_text("\n".join(case) + "\n")
    assert fixloop("check").code == 0
    assert fixloop("eval", "--suite", "plan").code == 0


def test_json_is_one_document(fixloop: Fixloop, bank: Path) -> None:
    said = fixloop("guard", "--json", "--step", "plan", "--most", "3")
    document = json.loads(said.out)
    assert document["min_guard_strength"] == 0.8
    assert document["weak"]
    assert all(leaf["mutants"] <= 3 for leaf in document["leaves"])


def test_missing_cases_go_onto_the_record(fixloop: Fixloop, bank: Path) -> None:
    said = fixloop("guard", "account_locked", "--step", "plan", "--propose")
    assert "cases proposed" in said.out
    waiting = json.loads(fixloop("hints", "--json").out)["hints"]
    assert {one["kind"] for one in waiting} == {"add_case"}
    shown = fixloop("show", waiting[0]["id"]).out
    assert "expect:" in shown  # the case itself, whole
    fixloop("approve", waiting[0]["id"])
    assert '--allow judge --why "…"' in fixloop("show", waiting[0]["id"]).out


def test_what_makes_no_sense_is_one_message(fixloop: Fixloop, bank: Path) -> None:
    for words in (["no_such_leaf"], ["--step", "template"], ["--most", "few"]):
        said = fixloop("guard", *words)
        assert said.code == 2
        assert said.err.startswith("fixloop: ")
        assert not said.out
