"""`ingest`: real repository, real record; the last tests go through the command line."""

import io
import json
import random
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fixloop.__main__ import main
from fixloop.commands.desk import Desk
from fixloop.commands.ingest import ingest
from fixloop.commands.propose import propose
from fixloop.errors import AnotherRunHoldsTheLock, BadInput, EnvironmentLacks
from fixloop.feedback import intake as intake_module
from fixloop.feedback.intake import Intake
from fixloop.feedback.model import Feedback
from fixloop.feedback.shards import read_feedback
from tests.support.git_worlds import commit_all, picture, run_git
from tests.support.loop import bank, desk_of, row

LOCKED = "KTRO5821 my account is locked, Alex"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return bank(tmp_path)


def write(desk: Desk, rows: Sequence[Mapping[str, Any] | str], name: str = "in.jsonl") -> Path:
    file = desk.folder.parent / name
    lines = [one if isinstance(one, str) else json.dumps(one) for one in rows]
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


def record(desk: Desk) -> tuple[Feedback, ...]:
    return read_feedback(desk_of(desk.folder).state)


def quarantine(file: Path) -> Path:
    return file.with_name(f"{file.name}.quarantine.jsonl")


# --- what is stored ---------------------------------------------------------------------------------------


def test_a_row_is_stored_with_the_proposal_it_would_get_now(desk: Desk) -> None:
    before = picture(desk.folder)
    result = ingest(desk, [write(desk, [row(1, LOCKED, "fraud flag!", reason="wrong_action")])])
    assert result.to_json() == {
        "ingest": result.ingest,
        "stored": 1,
        "duplicates": 0,
        "linked": 0,
        "quarantined": 0,
        "lossy": 0,
    }
    (one,) = record(desk)
    assert (one.source, one.outcome, one.comment, one.reviewer) == (
        "native",
        "rejected",
        "fraud flag!",
        "staff-7",
    )
    assert (one.at, one.reason, one.replay) == ("2026-11-02T09:12:00Z", "wrong_action", "exact")
    assert one.ticket["id"] == "T-1"
    assert set(one.proposal) == {*intake_module.KEPT, "fields", "rows"}
    assert (one.proposal["leaf"], one.proposal["branch"]) == ("account_locked", "fraud")
    assert one.proposal["workspace"] == run_git(desk.folder, "rev-parse", "main")
    assert [found["id"] for found in one.proposal["records"]] == ["a1"]
    assert picture(desk.folder).items() >= before.items()


def test_the_record_gains_one_commit_and_one_shard(desk: Desk) -> None:
    result = ingest(desk, [write(desk, [row(1, LOCKED), row(2, "hello")])])
    assert run_git(desk.folder, "rev-list", "--count", "fixloop/state") == "1"
    assert run_git(desk.folder, "ls-tree", "-r", "--name-only", "fixloop/state") == (
        f"feedback/2026-11/{result.ingest}.jsonl"
    )


def test_nothing_personal_is_anywhere_in_git(desk: Desk) -> None:
    said = row(
        1, LOCKED, "Alex again, KTR05821", reply="Dear Alex,", expected={"reply": {"contains": ["KTR05821"]}}
    )
    ingest(desk, [write(desk, [said, row(2, "ktr05821", "mail jo@home.example or 0151 2345678")])])
    written = run_git(desk.folder, "log", "-p", "fixloop/state")
    for value in ("KTRO5821", "KTR05821", "ktr05821", "Alex", "jo@home.example", "0151 2345678"):
        assert value not in written


def test_what_staff_saw_is_kept_as_they_saw_it(desk: Desk) -> None:
    proposal = {
        "workspace": "c0ffee",
        "leaf": "login_problem",
        "branch": None,
        "fields": {"account": {"account_number": ["KTRO5821", "KTR05821"]}},
        "rows": {"accounts": [{"account_id": "a9", "account_number": "KTR05821", "fraud_flag": False}]},
        "records": [{"id": "a9", "score": 5.0, "matched": []}],
        "reply": {"template": "handover", "text": "wait"},
        "tools": [],
        "needs_review": True,
    }
    ingest(desk, [write(desk, [row(1, LOCKED, proposal=proposal)])])
    (one,) = record(desk)
    kept = {key: one.proposal[key] for key in ("workspace", "leaf", "branch", "reply", "needs_review")}
    assert kept == {key: proposal[key] for key in kept}
    assert one.proposal["records"][0]["id"] == "a9"
    assert [found["account_id"] for found in one.proposal["rows"]["accounts"]] == ["a9"]
    assert one.replay == "exact"


def test_a_proposal_without_rows_is_completed(desk: Desk) -> None:
    ingest(desk, [write(desk, [row(1, LOCKED, proposal={"workspace": "c0ffee", "leaf": "login_problem"})])])
    (one,) = record(desk)
    assert (one.proposal["workspace"], one.proposal["leaf"]) == ("c0ffee", "login_problem")
    assert one.proposal["rows"]["accounts"][0]["account_id"] == "a1"


def test_the_proposal_is_that_of_the_branch_fixes_go_to(desk: Desk) -> None:
    run_git(desk.folder, "checkout", "-q", "-b", "work")
    run_git(desk.folder, "rm", "-q", "plan_trees/transfer_failed.yaml")
    (desk.folder / "workspace/templates.yaml").write_text(
        (desk.folder / "workspace/templates.yaml").read_text().replace("transfer_help:", "transfer_advice:")
    )
    commit_all(desk.folder, {})
    file = write(desk, [row(1, "my transfer was rejected")])
    assert ingest(desk, [file], onto="main").stored == 1
    assert record(desk)[0].proposal["reply"]["template"] == "transfer_help"


def test_redaction_that_changes_the_answer_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from fixloop.feedback.redact import Redactor

    wrong = {"account": {"account_number": ("XXX99999",)}}
    redact = Redactor.redact
    monkeypatch.setattr(Redactor, "redact", lambda *args: replace(redact(*args), rows={}, fields=wrong))
    result = ingest(desk, [write(desk, [row(1, LOCKED)])])
    assert (result.stored, result.lossy) == (1, 1)
    assert record(desk)[0].replay == "lossy"
    assert [(one.id, one.ticket) for one in result.unread] == [(record(desk)[0].id, "T-1")]
    found = propose(desk_of(desk.folder))
    assert [(hint.kind, hint.operations) for hint in found.hints] == [("none", ())]
    assert found.ended.endswith("1 rejection not read: answered otherwise once personal values were replaced")


# --- once only --------------------------------------------------------------------------------------------

SEVERAL: list[Mapping[str, Any]] = [
    row(1, LOCKED, "fraud"),
    row(1, LOCKED, "fraud"),
    row(2, LOCKED, "fraud"),
    row(3, LOCKED, "fraud", reviewer="staff-1"),
    row(4, "hello there", "no"),
]


def test_duplicates_are_left_out_and_other_reviewers_linked(desk: Desk) -> None:
    result = ingest(desk, [write(desk, SEVERAL)])
    assert (result.stored, result.duplicates, result.linked) == (3, 2, 1)


def test_twice_is_once(desk: Desk) -> None:
    file = write(desk, [*SEVERAL, "{broken"])
    ingest(desk, [file])
    tip, aside = run_git(desk.folder, "rev-parse", "fixloop/state"), quarantine(file).read_bytes()
    again = ingest(desk_of(desk.folder), [file, file])
    assert (again.ingest, again.stored, again.duplicates, again.quarantined) == (None, 0, 5, 1)
    assert run_git(desk.folder, "rev-parse", "fixloop/state") == tip
    assert quarantine(file).read_bytes() == aside


def test_the_order_of_the_rows_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    desk = replace(bank(tmp_path / "a"), key=lambda: b"k" * 32)
    rows = [
        *SEVERAL,
        *(row(n, f"transfer {n} failed, Alex, KTR0582{n % 10}", str(n % 3)) for n in range(5, 20)),
    ]
    stored = []
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        result = ingest(desk, [write(desk, rows)])
        stored.append((result.to_json(), record(desk)))
        run_git(desk.folder, "update-ref", "-d", "refs/heads/fixloop/state")
        desk = replace(desk_of(desk.folder), key=lambda: b"k" * 32)
    assert stored[0] == stored[1] == stored[2]


def test_batches_change_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(desk, SEVERAL)
    wanted = ingest(desk, [file])
    run_git(desk.folder, "update-ref", "-d", "refs/heads/fixloop/state")
    monkeypatch.setattr("fixloop.commands.ingest.BATCH", 2)
    assert ingest(desk_of(desk.folder), [file]) == wanted


# --- bad rows and bad files ---------------------------------------------------------------------------------


def test_bad_rows_are_set_aside_for_their_owner_only(desk: Desk) -> None:
    bad = {**row(2, "x"), "outcome": "refused"}
    file = write(desk, [row(1, LOCKED), bad, "{broken"])
    result = ingest(desk, [file])
    assert (result.stored, result.quarantined, result.good) == (1, 2, False)
    path = quarantine(file)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = [json.loads(line) for line in path.read_text().splitlines()]
    assert [sorted(one) for one in found] == [["error", "line", "row"]] * 2
    assert [(one["line"], one["row"]) for one in found] == [(2, bad), (3, "{broken")]
    assert "refused" in found[0]["error"]


def test_a_mended_file_leaves_no_bad_rows_behind(desk: Desk) -> None:
    file = write(desk, [row(1, LOCKED), "{broken"])
    ingest(desk, [file])
    result = ingest(desk, [write(desk, [row(1, LOCKED), row(2, "hello")])])
    assert (result.stored, result.good) == (1, True)
    assert not quarantine(file).exists()


def test_rows_set_aside_are_no_input_among_others(desk: Desk) -> None:
    file = write(desk, [row(1, LOCKED), "{broken"])
    ingest(desk, [file])
    again = ingest(desk_of(desk.folder), sorted(file.parent.glob("*.jsonl")))
    assert (again.quarantined, again.skipped) == (1, (str(quarantine(file)),))
    assert not quarantine(quarantine(file)).exists()


def test_rows_set_aside_are_read_when_they_are_named(desk: Desk) -> None:
    late = {**row(2, "hello"), "outcome": "refused"}
    file = write(desk, [row(1, LOCKED), late, "{broken"])
    ingest(desk, [file])
    path = quarantine(file)
    path.write_text(path.read_text().replace("refused", "rejected", 1).replace("refused", "rejected"))
    result = ingest(desk_of(desk.folder), [path])
    assert (result.stored, result.quarantined, result.skipped) == (1, 1, ())
    assert [json.loads(line)["row"] for line in path.read_text().splitlines()] == ["{broken"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not quarantine(path).exists()
    path.write_text(json.dumps(row(3, "good evening")) + "\n")
    assert ingest(desk_of(desk.folder), [path]).stored == 1
    assert not path.exists()


def test_where_bad_rows_cannot_be_written_the_good_ones_are_stored(desk: Desk) -> None:
    def full(path: Path, data: bytes, mode: int | None) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(EnvironmentLacks, match="1 bad rows cannot be set aside: No space left"):
        ingest(replace(desk, write=full), [write(desk, [row(1, LOCKED), "{"])])
    assert len(record(desk)) == 1


@pytest.mark.parametrize(
    "content, said",
    [
        (None, "there is no such file"),
        ("folder", "this is a folder"),
        ("hi".encode("utf-16"), "UTF-16"),
        (b"\x00\x01\x02\x03rubbish", "binary"),
    ],
)
def test_a_file_that_cannot_be_used_stops_all_before_anything_is_stored(
    desk: Desk, content: bytes | str | None, said: str
) -> None:
    other = desk.folder.parent / "other.jsonl"
    if isinstance(content, str):
        other.mkdir()
    elif content is not None:
        other.write_bytes(content)
    with pytest.raises(BadInput, match=said) as caught:
        ingest(desk, [write(desk, [row(1, LOCKED)]), other])
    assert caught.value.place is not None and caught.value.place.path == str(other)
    assert record(desk) == ()


def test_an_empty_file_is_nothing_to_do(desk: Desk) -> None:
    result = ingest(desk, [write(desk, [])])
    assert (result.ingest, result.stored, result.good) == (None, 0, True)
    assert desk.repo.resolve("refs/heads/fixloop/state") is None


def test_another_run_is_not_disturbed(desk: Desk) -> None:
    file = write(desk, [row(1, LOCKED)])
    with desk.lock(), pytest.raises(AnotherRunHoldsTheLock):
        ingest(desk_of(desk.folder), [file])


def test_interrupted_before_the_record_moves_nothing_is_there(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(desk, [row(1, LOCKED), "{"])

    def interrupted(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(desk.state), "add", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ingest(desk, [file])
    assert record(desk) == ()
    assert not quarantine(file).exists()
    assert ingest(desk, [file]).stored == 1


# --- the command line -------------------------------------------------------------------------------------


def test_the_command_says_what_it_did_and_what_is_next(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(desk, [*SEVERAL, "{broken"])
    assert main(["ingest", str(file), "--repo", str(desk.folder)]) == 1
    said = capsys.readouterr().out
    assert said.startswith("3 rows stored as ingest ")
    assert "duplicates" in said and "linked" in said and "1 bad row set aside in" in said
    assert said.endswith("next: fixloop propose\n")


def test_a_name_that_nearly_is_one_is_stored_and_told(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row(n, f"{n} {LOCKED}", expected={"reply": "security_escalaton"}) for n in range(1, 6)]
    file = write(desk, [*rows, row(9, "hello", expected={"leaf": "payment_holiday"})])
    assert main(["ingest", str(file), "--repo", str(desk.folder)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "6 rows stored" in said
    assert "no reply is called `security_escalaton` (tickets T-" in said and "and 2 more)" in said
    assert "did you mean `security_escalation`?" in said
    first = min(one.id for one in record(desk) if one.expected == {"reply": "security_escalaton"})
    assert f"if so, of each: fixloop note {first} security_escalation" in said
    assert "payment_holiday" not in said
    assert main(["ingest", str(file), "--repo", str(desk.folder)]) == 0
    assert "security_escalaton" not in capsys.readouterr().out


def test_json_is_one_document(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(desk, SEVERAL)
    assert main(["ingest", str(file), "--json", "--repo", str(desk.folder)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["ingest", "stored", "duplicates", "linked", "quarantined", "lossy"]
    assert main(["ingest", str(file), "--repo", str(desk.folder)]) == 0
    assert capsys.readouterr().out.startswith("nothing new: no row stored\n")


def test_the_rejections_nobody_can_read_are_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Intake, "_same", lambda *_: False)
    file = write(desk, [row(n, f"{n} {LOCKED}", outcome="edited") for n in range(1, 6)])
    assert main(["ingest", str(file), "--repo", str(desk.folder)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "lossy 5 answered otherwise once personal values were replaced: never a case" in said
    assert "5 rejections among them (tickets T-" in said
    assert "and 2 more): propose lists these, and cannot read them" in said


def test_stdin_sets_aside_in_the_current_folder(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    data = io.BytesIO(json.dumps(row(1, LOCKED)).encode() + b"\n{broken\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(data)))
    assert main(["ingest", "-", "--json", "--repo", str(desk.folder)]) == 1
    assert json.loads(capsys.readouterr().out)["stored"] == 1
    assert (tmp_path / "stdin.quarantine.jsonl").exists()


def test_an_unknown_format_is_wrong_usage(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(desk, SEVERAL)
    assert main(["ingest", str(file), "--format", "natve", "--repo", str(desk.folder)]) == 2
    assert "did you mean `native`?" in capsys.readouterr().err
