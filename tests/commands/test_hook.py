"""Hooks, with real git: a protected branch moves only to what the gate passes; nothing else starts Python."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fixloop.__main__ import main
from fixloop.adapters.git_repository import open_repository
from fixloop.commands.apply import apply
from fixloop.commands.decide import Why, approve, reject
from fixloop.commands.desk import Desk
from fixloop.commands.hook import Move, run_hook
from fixloop.commands.hook_install import HOOKS, Installed, install_hooks, uninstall_hooks
from fixloop.commands.merge import merge
from fixloop.commands.propose import propose
from fixloop.errors import BadInput
from fixloop.gate.verdict import Verdict
from fixloop.ports.git import RefChange
from fixloop.wiring import build_desk, build_hook_folder
from tests.commands.test_walkthrough import KNOWS_FRAUD, WITHOUT_FRAUD
from tests.support.git_worlds import commit_all, make_repo, run_git, write_files
from tests.support.loop import bank, row, tell
from tests.support.worlds import minimal_world

TREE = "plan_trees/transfer_failed.yaml"
GOOD = {
    TREE: minimal_world()[TREE].replace("{reply: transfer_help}", "{reply: transfer_help, review: always}")
}
BAD = {TREE: minimal_world()[TREE].replace("transfer_help", "handover")}
ROWS = "workspace/records/accounts.jsonl"
CASES = "evals/plan/payments.jsonl"
WORLD = {
    **minimal_world(),
    CASES: '{"id": "plan-1", "leaf": "transfer_failed", "fields": {}, "records": [], '
    '"expect": {"reply": "transfer_help"}}\n',
}
JUDGE = {CASES: WORLD[CASES].replace('"plan-1"', '"plan-2"')}
NO_HOOKS = ("-c", "core.hooksPath=/dev/null")


@pytest.fixture(autouse=True)
def _nothing_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FIXLOOP_ALLOW_JUDGE", raising=False)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = make_repo(tmp_path, WORLD)
    install(folder)
    return folder


def install(folder: Path, *protect: str, python: str = sys.executable) -> Installed:
    return install_hooks(open_repository(folder), build_hook_folder(str(folder)), python, protect)


def uninstall(folder: Path) -> Installed:
    return uninstall_hooks(build_hook_folder(str(folder)))


def try_git(folder: Path, *args: str, **environment: str) -> str:
    """What a git command that has to fail says."""
    done = subprocess.run(
        ["git", *args],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )
    assert done.returncode, f"git {args} went through"
    return done.stderr


def at(folder: Path, ref: str = "main") -> str:
    return run_git(folder, "rev-parse", ref)


def branch_with(folder: Path, name: str, files: dict[str, str], start: str = "main") -> str:
    """A branch of that name with one more commit; main is checked out again."""
    run_git(folder, "checkout", "-q", "-b", name, start)
    commit = commit_all(folder, files, name)
    run_git(folder, "checkout", "-q", "main")
    return commit


def tripwire(tmp_path: Path) -> tuple[str, Callable[[], int]]:
    """A Python that only says that it was started, and refuses; and how often that was."""
    script, log = tmp_path / "python", tmp_path / "started"
    script.write_text(f"#!/bin/sh\necho started >>{log}\nexit 1\n")
    script.chmod(0o755)
    return str(script), lambda: len(log.read_text().splitlines()) if log.exists() else 0


# --- every way to move a branch -------------------------------------------------------------------------


def by_fast_forward(folder: Path) -> tuple[str, ...]:
    return ("merge", "--ff-only", "topic")


def by_merge(folder: Path) -> tuple[str, ...]:
    commit_all(folder, {"README.md": "neutral\n"})
    return ("merge", "-m", "merge", "topic")


def by_rebase(folder: Path) -> tuple[str, ...]:
    commit_all(folder, {"README.md": "neutral\n"})
    return ("rebase", "topic")


def by_reset(folder: Path) -> tuple[str, ...]:
    return ("reset", "-q", "--hard", "topic")


def by_cherry_pick(folder: Path) -> tuple[str, ...]:
    return ("cherry-pick", "topic")


def by_amend(folder: Path) -> tuple[str, ...]:
    commit_all(folder, {"README.md": "neutral\n"})
    run_git(folder, "checkout", "-q", "topic", "--", TREE)
    return ("commit", "-q", "--amend", "-m", "amended")


def by_force(folder: Path) -> tuple[str, ...]:
    run_git(folder, "checkout", "-q", "--detach")
    return ("branch", "-f", "main", "topic")


def by_fetch(folder: Path) -> tuple[str, ...]:
    run_git(folder, "checkout", "-q", "--detach")
    return ("fetch", "-q", ".", "topic:main")


def by_rename(folder: Path) -> tuple[str, ...]:
    run_git(folder, "checkout", "-q", "topic")
    return ("branch", "-M", "topic", "main")


WAYS = [
    by_fast_forward, by_merge, by_rebase, by_reset, by_cherry_pick, by_amend, by_force, by_fetch, by_rename,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_no_way_leads_to_what_the_gate_refuses(repo: Path, way: Callable[[Path], tuple[str, ...]]) -> None:
    topic = branch_with(repo, "topic", BAD)
    command = way(repo)
    before = at(repo)
    said = try_git(repo, *command)
    assert at(repo) == before
    assert "main stays where it is" in said and "regressions: plan: 1 protected case" in said
    if way is by_rename:
        assert f"git branch NAME {topic}" in said


@pytest.mark.parametrize("way", WAYS)
def test_what_the_gate_passes_goes_through(repo: Path, way: Callable[[Path], tuple[str, ...]]) -> None:
    branch_with(repo, "topic", GOOD)
    command = way(repo)
    run_git(repo, *command)
    assert run_git(repo, "show", f"main:{TREE}") == GOOD[TREE].rstrip("\n")


def test_a_commit_is_refused_and_its_changes_stay(repo: Path) -> None:
    write_files(repo, BAD)
    said = try_git(repo, "commit", "-qam", "worse")
    assert "plan-1" in said and "fixloop gate main" in said
    assert run_git(repo, "status", "--porcelain") == f" M {TREE}"
    write_files(repo, GOOD)
    run_git(repo, "commit", "-qam", "better")


def test_a_merge_that_had_conflicts_is_judged_before_its_message(repo: Path) -> None:
    branch_with(repo, "topic", BAD)
    commit_all(repo, GOOD)
    run_git(repo, "merge", "topic", check=False)
    write_files(repo, BAD)
    run_git(repo, "add", TREE)
    said = try_git(repo, "commit", "-m", "resolved", GIT_EDITOR="false")
    assert "regressions" in said and "ref updates aborted" not in said
    write_files(repo, GOOD)
    run_git(repo, "add", TREE)
    # What is resolved to main's own files has nothing to be judged.
    run_git(repo, "commit", "-q", "-m", "resolved")


def test_a_merge_is_judged_once_for_all_its_hooks(repo: Path) -> None:
    topic = branch_with(repo, "topic", GOOD)
    desk = build_desk(str(repo), lambda _: None)
    first = run_hook(desk, Move("pre-merge-commit", "refs/heads/main", at(repo), topic))
    again = run_hook(desk, Move("reference-transaction", "refs/heads/main", at(repo), topic))
    assert (first.reason, again.reason) == ("passed", "judged before")
    assert again.to_json()["allowed"] is True


def test_an_invalid_workspace_is_refused_and_may_be_mended(repo: Path) -> None:
    broken = {TREE: "leaf: nowhere\n"}
    write_files(repo, broken)
    assert "structure: the workspace has errors" in try_git(repo, "commit", "-qam", "broken")
    run_git(repo, *NO_HOOKS, "commit", "-qam", "broken all the same")
    write_files(repo, GOOD)
    run_git(repo, "commit", "-qam", "mended")


def test_mending_cases_that_nobody_can_read_takes_a_reason(repo: Path) -> None:
    write_files(repo, {CASES: "{broken\n", **BAD})
    run_git(repo, *NO_HOOKS, "commit", "-qam", "broken")
    write_files(repo, {CASES: WORLD[CASES], **GOOD})
    assert "only a person may" in try_git(repo, "commit", "-qam", "mended")
    commit = ["git", "commit", "-qam", "mended"]
    subprocess.run(commit, cwd=repo, env={**os.environ, "FIXLOOP_ALLOW_JUDGE": "it was broken"}, check=True)


def test_in_a_linked_worktree(repo: Path, tmp_path: Path) -> None:
    run_git(repo, "checkout", "-q", "--detach")
    run_git(repo, "worktree", "add", "-q", str(tmp_path / "second"), "main")
    write_files(tmp_path / "second", BAD)
    assert "regressions" in try_git(tmp_path / "second", "commit", "-qam", "worse")


def test_git_pointed_at_another_repository(repo: Path, tmp_path: Path) -> None:
    topic = branch_with(repo, "topic", BAD)
    other = make_repo(tmp_path, {"README.md": "other\n"}, "other")
    said = try_git(other, f"--git-dir={repo / '.git'}", "update-ref", "refs/heads/main", topic)
    assert "regressions" in said


def test_files_beside_the_hook_are_no_modules(repo: Path) -> None:
    write_files(
        repo, {"json.py": "raise SystemExit(0)\n", "fixloop/__init__.py": "raise SystemExit(0)\n", **BAD}
    )
    assert "regressions" in try_git(repo, "commit", "-qam", "worse")


# --- what may pass unasked ------------------------------------------------------------------------------


def test_nothing_else_starts_python(tmp_path: Path) -> None:
    repo = make_repo(tmp_path, WORLD)
    remote = tmp_path / "remote.git"
    run_git(repo, "clone", "-q", "--bare", ".", str(remote))
    run_git(repo, "remote", "add", "origin", str(remote))
    python, started = tripwire(tmp_path)
    install(repo, python=python)

    run_git(repo, "commit", "-q", "--allow-empty", "-m", "nothing")
    commit_all(repo, {"README.md": "neutral\n", "src/app.py": "pass\n"})
    branch_with(repo, "other", BAD)
    run_git(repo, "branch", "fixloop/fix/h-1", "other")
    write_files(repo, BAD)
    run_git(repo, "stash", "-q")
    run_git(repo, "stash", "drop", "-q")
    run_git(repo, "push", "-q", "origin", "main", "other")
    run_git(repo, "fetch", "-q", "origin")
    for command in (("pack-refs", "--all"), ("gc", "-q"), ("gc", "-q", "--prune=now"), ("repack", "-adq")):
        run_git(repo, *command)
    run_git(repo, "branch", "-q", "-D", "other")
    run_git(repo, "tag", "v1")
    assert started() == 0
    write_files(repo, BAD)
    assert try_git(repo, "commit", "-qam", "worse")
    assert started() == 1


def test_many_refs_at_once_are_read_to_the_end(repo: Path, tmp_path: Path) -> None:
    topic = branch_with(repo, "topic", BAD)
    lines = [f"create refs/heads/z{number} {topic}" for number in range(50)]
    orders = "\n".join([*lines, f"update refs/heads/main {topic}", ""]).encode()
    with pytest.raises(AssertionError, match="regressions"):
        run_git(repo, "update-ref", "--stdin", data=orders)
    assert "z1" not in run_git(repo, "branch", "--list")


def test_a_move_of_fixloop_is_known_by_its_verdict(tmp_path: Path) -> None:
    repo = make_repo(tmp_path, WORLD)
    topic = branch_with(repo, "topic", BAD)
    python, started = tripwire(tmp_path)
    install(repo, python=python)
    desk = build_desk(str(repo), lambda _: None)
    tree = desk.repo.tree_of(topic)
    run_git(repo, "checkout", "-q", "--detach")
    move = [RefChange("refs/heads/main", at(repo), topic)]
    with pytest.raises(BadInput, match="hook"):
        desk.repo.move_refs(move)
    desk.ground().record([], "verdict", verdicts=[Verdict(at(repo), topic, tree, "fix", ())])
    desk.repo.move_refs(move)
    assert at(repo) == topic and started() == 1


def bank_with_a_fix(tmp_path: Path) -> tuple[Desk, str]:
    """A bank with one approved hint."""
    files = {"plan_trees/account_locked.yaml": WITHOUT_FRAUD, "plan_trees/login_problem.yaml": KNOWS_FRAUD}
    desk = bank(tmp_path, **files)
    wanted = {"tools": ["escalate_to_security"]}
    tell(desk, [row(1, "KTR05821 my account is locked", "fraud flag! to security", expected=wanted)])
    (hint,) = propose(desk).hints
    approve(desk, [hint.id], "ann@bank")
    return desk, hint.id


def test_a_fix_that_a_person_merges_is_judged_as_its_hint(tmp_path: Path) -> None:
    desk, hint = bank_with_a_fix(tmp_path)
    branch = apply(desk, [hint]).prepared.applied[0].branch
    reject(desk, [hint], Why("costly"), "ann@bank")
    install(desk.folder)
    for how in (("--no-ff", "-m", "by hand"), ("--ff",)):
        assert "identity: " in try_git(desk.folder, "merge", "-q", *how, branch)
        run_git(desk.folder, "reset", "-q", "--hard")


def test_merge_of_fixloop_passes_without_a_second_gate(tmp_path: Path) -> None:
    desk, hint = bank_with_a_fix(tmp_path)
    python, started = tripwire(tmp_path)
    install(desk.folder, python=python)
    result = merge(desk, [hint], who="ann@bank")
    assert [one.commit for one in result.merged] == [at(desk.folder)]
    assert started() == 0


def test_a_branch_may_come_into_being_and_a_repository_without_workspace_move(tmp_path: Path) -> None:
    repo = tmp_path / "new"
    run_git(tmp_path, "init", "-q", "-b", "main", str(repo))
    for key, value in {"user.name": "Ada", "user.email": "ada@example.org"}.items():
        run_git(repo, "config", key, value)
    python, started = tripwire(tmp_path)
    assert install(repo, python=python).protected == ("refs/heads/main",)
    commit_all(repo, {"README.md": "a shop\n"})
    commit_all(repo, WORLD)
    assert started() == 0


def test_deleting_is_refused_and_renaming_away_is_told(repo: Path) -> None:
    run_git(repo, "checkout", "-q", "-b", "topic")
    for command in (("branch", "-D", "main"), ("update-ref", "-d", "refs/heads/main")):
        assert "is protected, and would be deleted" in try_git(repo, *command)
        run_git(repo, "pack-refs", "--all")
    run_git(repo, "branch", "-m", "main", "trunk")
    assert "trunk" in run_git(repo, "branch", "--list")
    run_git(repo, "config", "--unset-all", "fixloop.protected")
    run_git(repo, "branch", "-q", "-D", "trunk")


# --- what decides ---------------------------------------------------------------------------------------


def overrides(repo: Path) -> list[dict[str, object]]:
    files = build_desk(str(repo), lambda _: None).state.read("ledger/")
    return [json.loads(data) for data in files.values()]


def test_a_change_of_what_decides_needs_a_person_with_a_reason(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(repo, JUDGE)
    said = try_git(repo, "commit", "-qam", "cases")
    assert "lane: changes what decides" in said and "FIXLOOP_ALLOW_JUDGE='why'" in said
    assert overrides(repo) == []
    base = at(repo)
    monkeypatch.setenv("FIXLOOP_ALLOW_JUDGE", "the case had a wrong id")
    run_git(repo, "commit", "-qam", "cases")
    event = overrides(repo)[0]
    assert (event["event"], event["who"]) == ("overridden", "ada@example.org")
    assert (event["base"], event["tree"]) == (base, at(repo, "HEAD^{tree}"))
    assert event["why"] == {"code": "other", "text": "the case had a wrong id"}


def test_rows_of_every_day_pass_with_a_reason_as_long_as_cases_do(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = minimal_world()[ROWS]
    fields = {"account": {"account_number": ["KTR05821"]}}
    case = {"id": "fet-1", "fields": fields, "expect": {"records": ["a1"]}}
    commit_all(repo, {"evals/fetch/accounts.jsonl": json.dumps(case) + "\n"})
    write_files(repo, {ROWS: rows + '{"account_id": "a9", "account_number": "XYZ01234"}\n'})
    assert ROWS in try_git(repo, "commit", "-qm", "rows", "workspace/records")
    monkeypatch.setenv("FIXLOOP_ALLOW_JUDGE", "rows of today")
    run_git(repo, "commit", "-qm", "rows", "workspace/records")
    write_files(repo, {ROWS: rows.replace("KTR05821", "KTR05822")})
    assert "regressions" in try_git(repo, "commit", "-qm", "rows", "workspace/records")


def test_installing_says_what_is_asked_about_and_how_rows_are_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(make_repo(tmp_path, WORLD))
    assert main(["hook", "install", "--repo", folder]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "asks about fixloop.yaml, workspace/, plan_trees/, evals/, CI and hook files" in said
    assert "workspace/records/ (new rows, too) change only with a person's reason" in said
    assert said.endswith("FIXLOOP_ALLOW_JUDGE='rows of today' git commit …")
    assert main(["hook", "install", "--server", "--repo", folder]) == 0
    assert "git push -o fixloop.allow-judge='rows of today'" in capsys.readouterr().out
    assert main(["hook", "uninstall", "--repo", folder]) == 0
    assert "reason" not in capsys.readouterr().out


def test_both_at_once_stay_refused_whatever_the_reason(repo: Path) -> None:
    write_files(repo, {**JUDGE, **GOOD})
    said = try_git(repo, "commit", "-qam", "both", FIXLOOP_ALLOW_JUDGE="please")
    assert "split it into two changes" in said
    assert overrides(repo) == []


def test_code_of_an_engine_counts_wherever_it_lies(tmp_path: Path) -> None:
    own = {
        "fixloop.yaml": WORLD["fixloop.yaml"] + "engines: {intent: 'python:mine:make'}\n",
        "mine.py": "x = 1\n",
    }
    repo = make_repo(tmp_path, {**WORLD, **own})
    install(repo)
    write_files(repo, {"mine.py": "raise SystemExit('imported')\n", **JUDGE})
    said = try_git(repo, "commit", "-qam", "engine")
    assert "lane: changes the code of an engine" in said and "imported" not in said


# --- push -----------------------------------------------------------------------------------------------


@pytest.fixture
def shared(repo: Path, tmp_path: Path) -> Path:
    run_git(repo, "clone", "-q", "--bare", ".", str(tmp_path / "remote.git"))
    run_git(repo, "remote", "add", "origin", str(tmp_path / "remote.git"))
    run_git(repo, "fetch", "-q", "origin")
    return repo


def test_a_push_catches_what_no_hook_has_seen(shared: Path) -> None:
    write_files(shared, BAD)
    run_git(shared, *NO_HOOKS, "commit", "-qam", "around the hooks")
    assert "regressions" in try_git(shared, "push", "-q", "origin", "main")
    run_git(shared, "push", "-q", "origin", "main:elsewhere")
    assert "would be deleted at origin" in try_git(shared, "push", "-q", "origin", ":main")


def test_steps_that_were_judged_one_by_one_are_not_judged_as_one(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIXLOOP_ALLOW_JUDGE", "a wrong id")
    commit_all(shared, JUDGE)
    monkeypatch.delenv("FIXLOOP_ALLOW_JUDGE")
    commit_all(shared, {"README.md": "neutral\n"})
    commit_all(shared, GOOD)
    run_git(shared, "push", "-q", "origin", "main")


def test_a_push_over_something_unknown_is_refused(shared: Path, tmp_path: Path) -> None:
    run_git(tmp_path, "clone", "-q", str(tmp_path / "remote.git"), "second")
    second = tmp_path / "second"
    for key, value in {"user.name": "Bo", "user.email": "bo@example.org"}.items():
        run_git(second, "config", key, value)
    commit_all(second, GOOD)
    run_git(second, "push", "-q")
    said = try_git(shared, "push", "-q", "--force", "origin", "main")
    assert "git fetch origin" in said


# --- install and uninstall ------------------------------------------------------------------------------


def hooks_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def put_hook(folder: Path, name: str, body: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / name).chmod(0o755)


def test_hooks_that_are_there_are_called_first_and_respected(tmp_path: Path) -> None:
    repo = make_repo(tmp_path, WORLD)
    hooks, log = repo / ".git/hooks", tmp_path / "log"
    put_hook(hooks, "reference-transaction", f'echo "$1 $(cat)" >>{log}')
    put_hook(hooks, "pre-commit", f"echo pre-commit >>{log}\n! [ -e {tmp_path}/stop ]")
    put_hook(hooks, "pre-push", f'echo "push $* $(cat)" >>{log}')
    made = install(repo)
    assert made.kept == tuple(
        f"{name}.before-fixloop" for name in ("reference-transaction", "pre-commit", "pre-push")
    )
    commit_all(repo, {"README.md": "neutral\n"})
    told = log.read_text()
    assert "pre-commit" in told and f"{at(repo)} refs/heads/main" in told
    assert told.count("prepared") == 1 and told.count("committed") == 1
    (tmp_path / "stop").touch()
    assert try_git(repo, "commit", "--allow-empty", "-m", "no") == ""
    run_git(repo, "clone", "-q", "--bare", ".", str(tmp_path / "remote.git"))
    run_git(repo, "push", "-q", str(tmp_path / "remote.git"), "main:new")
    assert f"push {tmp_path}/remote.git {tmp_path}/remote.git refs/heads/main {at(repo)}" in log.read_text()


def test_twice_is_once_and_uninstall_puts_everything_back(tmp_path: Path) -> None:
    repo = make_repo(tmp_path, WORLD)
    hooks = repo / ".git/hooks"
    put_hook(hooks, "pre-commit", "exit 0")
    config, before = (repo / ".git/config").read_bytes(), hooks_in(hooks)
    assert len(install(repo).written) == len(HOOKS)
    between = hooks_in(hooks)
    assert install(repo).written == ()
    assert hooks_in(hooks) == between
    assert set(uninstall(repo).written) == set(HOOKS)
    assert hooks_in(hooks) == before
    assert run_git(repo, "config", "--get-all", "fixloop.protected", check=False) == ""
    assert config.split() == (repo / ".git/config").read_bytes().replace(b"[fixloop]", b"").split()


def test_a_hook_put_over_ours_is_not_lost(repo: Path) -> None:
    hooks = repo / ".git/hooks"
    put_hook(hooks, "pre-push.before-fixloop", "exit 0")
    put_hook(hooks, "pre-push", "exit 0")
    before = hooks_in(hooks)
    with pytest.raises(BadInput, match="taken the place of ours"):
        install(repo)
    assert hooks_in(hooks) == before
    assert "pre-push.before-fixloop stays" in uninstall(repo).notes[0]
    assert {"pre-push", "pre-push.before-fixloop"} <= set(hooks_in(hooks))


def test_behind_the_pre_commit_framework_ours_stays_where_it_is_called(repo: Path) -> None:
    hooks = repo / ".git/hooks"
    (hooks / "pre-commit").rename(hooks / "pre-commit.legacy")
    put_hook(hooks, "pre-commit", 'exec "${0%/*}/pre-commit.legacy"')
    made = install(repo)
    assert made.written == () and "pre-commit framework" in made.notes[0]
    assert "pre-commit.legacy" in uninstall(repo).written


def test_which_branches_are_protected(tmp_path: Path) -> None:
    repo = make_repo(tmp_path, WORLD)
    branch_with(repo, "topic", BAD)
    run_git(repo, "branch", "release")
    assert install(repo, "release", "main").protected == ("refs/heads/release", "refs/heads/main")
    assert install(repo).protected == ("refs/heads/release", "refs/heads/main")
    assert "release stays where it is" in try_git(repo, "branch", "-f", "release", "topic")
    assert install(repo, "main").protected == ("refs/heads/main",)
    run_git(repo, "branch", "-f", "release", "topic")
    with pytest.raises(BadInput, match="no branch"):
        install(repo, "nowhere")


@pytest.mark.parametrize("path", [".githooks", "{tmp}/shared"])
def test_core_hooks_path(tmp_path: Path, path: str) -> None:
    repo = make_repo(tmp_path, WORLD)
    run_git(repo, "config", "core.hooksPath", path.format(tmp=tmp_path))
    (repo / "deep").mkdir()
    made = install(repo / "deep")
    assert Path(made.folder) == repo / path.format(tmp=tmp_path)
    assert "core.hooksPath" in made.notes[0]
    write_files(repo, BAD)
    assert "regressions" in try_git(repo, "commit", "-qam", "worse")


def test_a_shared_folder_leaves_other_repositories_alone(tmp_path: Path) -> None:
    run_git(tmp_path, "config", "--global", "core.hooksPath", str(tmp_path / "shared"))
    first, second = make_repo(tmp_path, WORLD, "first"), make_repo(tmp_path, WORLD, "second")
    install(first)
    commit_all(second, BAD)
    run_git(second, "branch", "-q", "release", "HEAD~1")
    install(second, "release")
    assert "regressions" in try_git(second, "branch", "-f", "release", "main")
    write_files(first, BAD)
    assert "regressions" in try_git(first, "commit", "-qam", "worse")


def test_hooks_turned_off_are_told(tmp_path: Path) -> None:
    repo = make_repo(tmp_path, WORLD)
    run_git(repo, "config", "core.hooksPath", "/dev/null")
    with pytest.raises(BadInput, match=r"core\.hooksPath is /dev/null"):
        install(repo)


def test_a_python_that_is_gone_is_told_and_nothing_moves(tmp_path: Path) -> None:
    repo = make_repo(tmp_path, WORLD)
    install(repo, python="/no such/it's gone/python")
    before = at(repo)
    write_files(repo, GOOD)
    said = try_git(repo, "commit", "-qam", "better")
    assert "it's gone/python" in said and "fixloop hook install" in said
    assert at(repo) == before
