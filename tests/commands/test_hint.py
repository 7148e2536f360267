"""Hints by people: tried, graded and recorded as fixloop's own; in an editor, from a file, from stdin."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixloop.commands.decide import approve
from fixloop.commands.desk import Desk
from fixloop.commands.hint import Written, edit_hint, new_hint, start_hint
from fixloop.commands.merge import merge
from fixloop.errors import BadInput
from tests.commands.test_walkthrough import KNOWS_FRAUD, WITHOUT_FRAUD
from tests.support.loop import bank, row, tell

OPERATION = {
    "op": "add_branch",
    "leaf": "account_locked",
    "before": "default",
    "branch": {"when": {"record.fraud_flag": True}, "reply": "security_escalation"},
}
PLAN = {"suite": "plan", "leaf": "account_locked", "fields": {}}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    trees = {"plan_trees/account_locked.yaml": WITHOUT_FRAUD, "plan_trees/login_problem.yaml": KNOWS_FRAUD}
    desk = bank(tmp_path, **trees)
    tell(desk, [row(1, "KTR05821 my account is locked", "no"), row(2, "locked out again", "no")])
    return desk


def hint_file(desk: Desk, **changes: Any) -> bytes:
    known = {
        "account_id": "a1",
        "account_number": "KTRO5821",
        "branch": "Riverton",
        "holders": [],
        "hotline": "0800",
    }
    flagged, calm = ({**known, "fraud_flag": flag} for flag in (True, False))
    evidence = next(one.id for one in desk.ground().feedback if "my account" in str(one.ticket))
    value = {
        "summary": "Flagged accounts go to security",
        "evidence": [evidence],
        "expected": {"reply": "security_escalation"},
        "operations": [OPERATION],
        "cases": [{**PLAN, "records": [flagged], "expect": {"reply": "security_escalation"}}],
        "near_misses": [
            {**PLAN, "records": [calm], "expect": {"reply": "unlock_instructions"}},
            {**PLAN, "records": [], "expect": {"reply": "request_account_information"}},
            {**PLAN, "records": [calm, flagged], "expect": {"reply": "ask_which_account"}},
        ],
    }
    return yaml.safe_dump({**value, **changes}, sort_keys=False).encode()


def written(desk: Desk, **changes: Any) -> Written:
    return new_hint(desk, "hint.yaml", hint_file(desk, **changes), "ann@bank")


def test_a_hint_by_hand_is_measured_graded_and_lands(desk: Desk) -> None:
    result = written(desk)
    assert result.taken, result
    hint = result.hint
    assert hint is not None and hint.measured is not None
    assert (hint.step, hint.kind, hint.target) == ("plan", "add_branch", "plan_trees/account_locked.yaml")
    assert (hint.measured.fixed, hint.measured.evidence_of) == (1, 1)
    assert hint.rubric["score"] == 1.0
    assert [(e.event, e.who) for e in desk.ground().book.events][-1] == ("proposed", "ann@bank")
    approve(desk, [hint.id], "bo@bank")
    assert [one.id for one in merge(desk, [hint.id]).merged] == [hint.id]


def test_an_edit_that_does_not_stand_is_told_on_one_line(desk: Desk) -> None:
    branch = {"when": {"record.fraud_flag": True}, "reply": "no_such_template"}
    result = written(desk, operations=[{**OPERATION, "branch": branch}])
    assert not result.taken
    assert "the edit does not stand: the workspace has 1 error: plan_trees/account_locked" in result.reason
    assert "\n" not in result.reason


def test_twice_is_once(desk: Desk) -> None:
    assert written(desk).known is False
    before = len(desk.ground().book.events)
    assert written(desk).known is True
    assert len(desk.ground().book.events) == before


def test_what_is_missing_keeps_it_off_the_record(desk: Desk) -> None:
    strict = "version: 2\nbar: 1.0\n"
    (desk.folder / "workspace/rubric.yaml").write_text(strict)
    subprocess.run(["git", "-C", str(desk.folder), "add", "-A"], check=True)
    subprocess.run(["git", "-C", str(desk.folder), "commit", "-qm", "strict"], check=True)
    result = written(desk, near_misses=[])
    assert not result.taken and result.reason == "below the bar of workspace/rubric.yaml"
    assert result.missing == (
        "generality: rests on one rejection, and fewer than 3 near misses show where it ends",
    )
    assert desk.ground().book.hints == {}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"cases": []}, "no case of it fails before and passes after"),
        (
            {
                "operations": [
                    {**OPERATION, "branch": {"when": {"fetched.count": 1}, "reply": "security_escalation"}}
                ]
            },
            "near miss changes its answer",
        ),
    ],
)
def test_what_does_not_stand_the_dry_run_is_not_taken(
    desk: Desk, changes: dict[str, Any], reason: str
) -> None:
    result = written(desk, **changes)
    assert not result.taken and reason in result.reason


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"summary: x\noperations: []\n", "it says no operation"),
        (b"summary: x\noperations: [{op: add_brunch}]\n", "there is no operation `add_brunch`"),
        (b"summary: x\noperation: []\n", "operation"),
        (b"summary: [\n", "hint.yaml:"),
        (b"", "must be a mapping"),
    ],
)
def test_a_mistake_is_one_message(desk: Desk, data: bytes, said: str) -> None:
    with pytest.raises(BadInput) as raised:
        new_hint(desk, "hint.yaml", data, "ann@bank")
    assert said in str(raised.value.place) + raised.value.message


def test_a_skeleton_shows_what_is_known_and_is_a_hint_file(desk: Desk) -> None:
    one = desk.ground().feedback[0]
    text = start_hint(desk, [one.id])
    assert f"# {one.id}" in text and "comment: no" in text and "set_tool_arg: leaf, branch" in text
    assert {*yaml.safe_load(text)} == {
        "summary", "evidence", "expected", "operations", "cases", "near_misses"
    }  # fmt: skip
    with pytest.raises(BadInput):
        new_hint(desk, "hint.yaml", text.encode(), "ann@bank")


def test_an_edited_hint_takes_the_place_of_the_old_one(desk: Desk) -> None:
    old = written(desk).hint
    assert old is not None
    found, text = edit_hint(desk, old.id)
    assert found.id == old.id
    same = new_hint(desk, "hint.yaml", text.encode(), "ann@bank", replaces=old.id)
    assert same.reason == "nothing is changed"
    changed = text.replace(
        "    reply: security_escalation\n", "    reply: security_escalation\n    review: always\n"
    )
    new = new_hint(desk, "hint.yaml", changed.encode(), "ann@bank", replaces=old.id)
    assert new.hint is not None and new.taken, new
    assert new.hint.supersedes == (old.id,)
    book = desk.ground().book
    assert (book.status(old.id), book.status(new.hint.id)) == ("superseded", "proposed")


class TestCommandLine:
    def run(
        self, desk: Desk, *words: str, data: bytes = b"", **env: str
    ) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "fixloop", "hint", *words]
        return subprocess.run(
            command, cwd=desk.folder, input=data, capture_output=True, env={**os.environ, **env}, check=False
        )

    def test_from_stdin(self, desk: Desk) -> None:
        said = self.run(desk, "new", "-", "--json", data=hint_file(desk))
        assert said.returncode == 0, said.stderr
        assert json.loads(said.stdout)["taken"] is True

    def test_what_does_not_stand_is_exit_1_and_a_mistake_exit_2(self, desk: Desk) -> None:
        assert self.run(desk, "new", "-", data=hint_file(desk, cases=[])).returncode == 1
        said = self.run(desk, "new", "-", data=b"summary: x\noperations: [{op: add_brunch}]\n")
        assert said.returncode == 2 and b"Traceback" not in said.stderr

    def test_a_draft_for_a_program(self, desk: Desk) -> None:
        one = desk.ground().feedback[0].id
        said = self.run(desk, "draft", one, "--json")
        assert json.loads(said.stdout) == {"draft": self.run(desk, "draft", one).stdout.decode()}

    def test_in_an_editor_what_was_written_is_kept(self, desk: Desk, tmp_path: Path) -> None:
        answer = tmp_path / "answer.yaml"
        answer.write_bytes(hint_file(desk, cases=[]))
        editor = tmp_path / "editor.sh"
        editor.write_text(f'#!/bin/sh\ncp {answer} "$1"\n')
        editor.chmod(0o755)
        said = self.run(desk, "new", VISUAL=str(editor), EDITOR=str(editor))
        assert said.returncode == 1 and b"kept in" in said.stderr
        assert (desk.repo.common_dir / "fixloop/hint.yaml").read_bytes() == answer.read_bytes()

    @pytest.mark.parametrize("editor", ["false", "no-editor-of-that-name"])
    def test_an_editor_that_fails_is_told_and_is_no_bug(self, desk: Desk, editor: str) -> None:
        said = self.run(desk, "new", VISUAL=editor, EDITOR=editor)
        assert said.returncode == 3
        assert f"the editor failed, nothing was taken: {editor}".encode() in said.stderr
        assert b"VISUAL or EDITOR" in said.stderr

    def test_an_editor_that_writes_nothing_changes_nothing(self, desk: Desk) -> None:
        said = self.run(desk, "new", VISUAL="true", EDITOR="true")
        assert said.returncode == 0 and b"nothing was written" in said.stderr
        assert said.stdout == b""
        said = self.run(desk, "new", "--json", VISUAL="true", EDITOR="true")
        assert json.loads(said.stdout)["taken"] is False
