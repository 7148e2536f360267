"""A held-out set at work: who asks it, where it may lie, and that nothing of it is ever seen."""

import io
import json
import os
import stat
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from fixloop.__main__ import main
from fixloop.adapters.git_repository import open_repository
from fixloop.commands.desk import Desk
from fixloop.commands.gate import gate
from fixloop.commands.hook_install import install_hooks
from fixloop.commands.merge import merge
from fixloop.errors import BadInput, EnvironmentLacks
from fixloop.gate.verdict import Check, Verdict
from fixloop.wiring import build_hook_folder
from tests.support.git_worlds import commit_all, make_repo, run_git
from tests.support.hints import record, transfer_hint
from tests.support.loop import bank, desk_of
from tests.support.worlds import minimal_world

WORLD = minimal_world()
SECRET = "quokka"
BENT = WORLD["plan_trees/transfer_failed.yaml"].replace("transfer_help", "handover")
REMARK = WORLD["plan_trees/transfer_failed.yaml"] + "# a remark\n"


def held_out_set(place: Path, number: int = 40) -> Path:
    """Cases about the transfer leaf, every one with the secret word in id and text."""
    (place / "pipeline").mkdir(parents=True)
    lines = [
        {
            "id": f"{SECRET}-{n}",
            "ticket": {"id": f"{SECRET}-{n}", "text": f"why did the transfer fail {SECRET} {n}"},
            "expect": {"reply": "transfer_help"},
        }
        for n in range(number)
    ]
    (place / "pipeline" / "s.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return place


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return bank(tmp_path)


def branch(desk: Desk, files: dict[str, str]) -> None:
    run_git(desk.folder, "checkout", "-q", "-B", "work", "main")
    commit_all(desk.folder, files)
    run_git(desk.folder, "checkout", "-q", "main")


def the_check(verdict: Verdict, name: str = "held_out") -> Check:
    return next(check for check in verdict.checks if check.id == name)


def test_gate_asks_only_what_it_is_told_to(desk: Desk, tmp_path: Path) -> None:
    place = held_out_set(tmp_path / "apart")
    branch(desk, {"plan_trees/transfer_failed.yaml": BENT})
    run_git(desk.folder, "config", "fixloop.heldout", str(place))
    quiet = gate(desk, "main", "work").verdict
    assert (the_check(quiet).status, quiet.provisional) == ("skip", True)
    assert not (place / "questions.jsonl").exists()
    told = gate(desk, "main", "work", heldout=str(place)).verdict
    assert (the_check(told).status, told.provisional) == ("fail", False)
    assert "margin" in the_check(told).detail
    assert the_check(told).evidence == ()
    (question,) = (place / "questions.jsonl").read_text().splitlines()
    assert json.loads(question)["answer"] == "fail"
    assert stat.S_IMODE((place / "key").stat().st_mode) == 0o600
    assert len((place / "key").read_text().strip()) == 64


def test_merge_asks_and_refuses_what_only_the_visible_cases_liked(desk: Desk, tmp_path: Path) -> None:
    place = held_out_set(tmp_path / "apart")
    hint = approved_hint(desk)
    run_git(desk.folder, "config", "fixloop.heldout", str(place))
    (landed,) = merge(desk_of(desk.folder), [hint]).merged
    assert landed.id == hint
    (question,) = (place / "questions.jsonl").read_text().splitlines()
    assert json.loads(question)["answer"] == "pass"
    files = desk_of(desk.folder).state.read("verdicts/")
    verdicts = [json.loads(data) for data in files.values()]
    assert [one["provisional"] for one in verdicts] == [False]


def approved_hint(desk: Desk) -> str:
    return record(desk, transfer_hint()).id


def test_it_may_not_lie_inside_the_repository(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = held_out_set(desk.folder / "heldout")
    with pytest.raises(BadInput, match="inside the repository"):
        gate(desk, "main", "main", heldout=str(inside))
    link = desk.folder.parent / "link"
    link.symlink_to(inside)
    monkeypatch.setenv("FIXLOOP_HELDOUT", str(link))
    with pytest.raises(BadInput, match="inside the repository"):
        merge(desk, [], passing=True)
    hidden = held_out_set(desk.folder / ".git" / "x")
    with pytest.raises(BadInput, match="inside the repository"):
        gate(desk, "main", "main", heldout=str(hidden))


def test_a_set_that_is_named_must_be_there(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="no held-out set"):
        merge(desk, [], passing=True, heldout="/nowhere/at/all")
    monkeypatch.setenv("FIXLOOP_HELDOUT", "/nowhere/at/all")
    with pytest.raises(EnvironmentLacks, match="FIXLOOP_HELDOUT"):
        merge(desk, [], passing=True)


def test_policy_may_insist_on_it(tmp_path: Path) -> None:
    desk = bank(tmp_path, **{"fixloop.yaml": WORLD["fixloop.yaml"] + "gate: {require: [held_out]}\n"})
    branch(desk, {"plan_trees/transfer_failed.yaml": REMARK})
    with pytest.raises(EnvironmentLacks, match="held_out"):
        gate(desk, "main", "work")
    place = held_out_set(tmp_path / "apart")
    assert not gate(desk, "main", "work", heldout=str(place)).verdict.provisional
    # configured, it will be asked when the change lands: a look beforehand is provisional, no error
    run_git(desk.folder, "config", "fixloop.heldout", str(place))
    assert gate(desk, "main", "work").verdict.provisional


def test_worn_out_and_insisted_on_is_the_end_of_the_run(tmp_path: Path) -> None:
    desk = bank(tmp_path, **{"fixloop.yaml": WORLD["fixloop.yaml"] + "gate: {require: [held_out]}\n"})
    branch(desk, {"plan_trees/transfer_failed.yaml": REMARK})
    place = held_out_set(tmp_path / "apart")
    spent = [json.dumps({"id": f"{n}", "answer": "pass", "used": True}) for n in range(10)]
    (place / "questions.jsonl").write_text("\n".join(spent) + "\n")
    with pytest.raises(EnvironmentLacks, match="held_out"):
        gate(desk, "main", "work", heldout=str(place))


def test_a_damaged_count_is_not_forgotten(desk: Desk, tmp_path: Path) -> None:
    place = held_out_set(tmp_path / "apart")
    (place / "questions.jsonl").write_text("{broken\n")
    branch(desk, {"plan_trees/transfer_failed.yaml": REMARK})
    with pytest.raises(BadInput, match="damaged"):
        gate(desk, "main", "work", heldout=str(place))


def test_what_is_not_counted_is_not_answered(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = held_out_set(tmp_path / "apart")
    branch(desk, {"plan_trees/transfer_failed.yaml": BENT})
    opened = os.open

    def refuse(path: os.PathLike[str] | str, *args: int) -> int:
        if str(path).endswith("questions.jsonl"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *args)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(EnvironmentLacks, match="count its questions"):
        gate(desk, "main", "work", heldout=str(place))


def test_a_held_out_text_may_be_neither_example_nor_case(desk: Desk, tmp_path: Path) -> None:
    place = held_out_set(tmp_path / "apart")
    path = "workspace/examples/transfer_failed.jsonl"
    taught = WORLD[path] + f'{{"text": "Why did the  transfer fail, {SECRET.upper()} 7?"}}\n'
    branch(desk, {path: taught})
    split = the_check(gate(desk, "main", "work", heldout=str(place)).verdict, "split")
    assert (split.status, split.evidence) == ("fail", ())
    assert SECRET not in split.detail.lower()
    case = '{"id": "mine", "text": "why did the transfer fail quokka 7", "expect": "transfer_failed"}\n'
    branch(desk, {"evals/intent/mine.jsonl": case})
    assert the_check(gate(desk, "main", "work", heldout=str(place)).verdict, "split").status == "fail"


def test_a_server_asks_whoever_pushes(tmp_path: Path) -> None:
    """The real hook of a bare repository; a clone without hooks cannot get past it."""
    place = held_out_set(tmp_path / "apart")
    seed = make_repo(tmp_path, dict(WORLD), "seed")
    server, clone = tmp_path / "server.git", tmp_path / "clone"
    run_git(tmp_path, "clone", "-q", "--bare", str(seed), str(server))
    install_hooks(open_repository(server), build_hook_folder(str(server)), sys.executable, server=True)
    run_git(server, "config", "fixloop.heldout", str(place))
    run_git(tmp_path, "clone", "-q", str(server), str(clone))
    run_git(clone, "config", "user.email", "ada@example.org")
    run_git(clone, "config", "user.name", "Ada")
    commit_all(clone, {"plan_trees/transfer_failed.yaml": REMARK})
    run_git(clone, "push", "-q", "origin", "main")
    commit_all(clone, {"plan_trees/transfer_failed.yaml": BENT})
    said = subprocess.run(["git", "push", "-q", "origin", "main"], cwd=clone, capture_output=True, text=True)
    assert said.returncode
    assert "held_out: worse by more than the margin" in said.stderr
    assert SECRET not in said.stderr.lower()
    answers = [json.loads(line)["answer"] for line in (place / "questions.jsonl").read_text().splitlines()]
    assert answers == ["pass", "fail"]


def everything_written(desk: Desk) -> bytes:
    """Every object and every loose file of the repository, caches and logs included."""
    names = run_git(desk.folder, "cat-file", "--batch-check=%(objectname)", "--batch-all-objects").split()
    objects = b"".join(run_git(desk.folder, "cat-file", "-p", name).encode() for name in names)
    plain = (path for path in desk.folder.rglob("*") if path.is_file() and "objects" not in path.parts)
    return objects + b"".join(path.read_bytes() + str(path).encode() for path in plain)


@pytest.mark.parametrize("bent", [False, True])
def test_nothing_of_it_is_ever_seen(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bent: bool
) -> None:
    place = held_out_set(tmp_path / "apart")
    monkeypatch.setenv("FIXLOOP_HELDOUT", str(place))
    approved_hint(desk)
    if bent:
        commit_all(desk.folder, {"workspace/extraction.yaml": WORLD["workspace/extraction.yaml"] + "# x\n"})
    branch(desk, {"plan_trees/transfer_failed.yaml": BENT})
    said = io.StringIO()
    repo = ["--repo", str(desk.folder)]
    with redirect_stdout(said), redirect_stderr(said):
        main(["gate", "main", "work", "--heldout", str(place), *repo])
        main(["gate", "main", "work", "--heldout", str(place), "--json", *repo])
        main(["merge", "--passing", *repo])
        main(["log", *repo])
        (place / "pipeline" / "broken.jsonl").write_text(f'{{"id": "{SECRET}", "{SECRET}": "{SECRET}"}}\n')
        main(["gate", "main", "work", "--heldout", str(place), *repo])
        main(["merge", "--passing", *repo])
    assert "held_out" in said.getvalue()
    assert "held-out set has" in said.getvalue()
    assert SECRET not in said.getvalue().lower()
    assert SECRET.encode() not in everything_written(desk).lower()
    # its own count of questions has no text either
    assert SECRET not in (place / "questions.jsonl").read_text()
