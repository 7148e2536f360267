"""The server's hooks, with real git and a bare repository: a clone without hooks cannot get past."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fixloop.adapters.git_repository import open_repository
from fixloop.commands.decide import approve
from fixloop.commands.hook_install import install_hooks
from fixloop.commands.merge import merge
from fixloop.commands.propose import propose
from fixloop.wiring import build_hook_folder
from tests.commands.test_hook import BAD, GOOD, JUDGE, TREE, WORLD, at
from tests.commands.test_walkthrough import KNOWS_FRAUD, WITHOUT_FRAUD
from tests.support.git_worlds import commit_all, make_repo, run_git
from tests.support.loop import desk_of, row, tell
from tests.support.worlds import minimal_world

JUDGES = "policy: {judges: [ada]}\n"
GOVERNED = {**WORLD, "fixloop.yaml": WORLD["fixloop.yaml"] + JUDGES}


@pytest.fixture(autouse=True)
def _ada_pushes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIXLOOP_PUSHER", "ada")


def serve(tmp_path: Path, files: dict[str, str]) -> tuple[Path, Path]:
    """A bare repository with the hooks, and a clone that has none."""
    seed = make_repo(tmp_path, files, "seed")
    server, clone = tmp_path / "server.git", tmp_path / "clone"
    run_git(tmp_path, "clone", "-q", "--bare", str(seed), str(server))
    install_hooks(open_repository(server), build_hook_folder(str(server)), sys.executable, server=True)
    run_git(tmp_path, "clone", "-q", str(server), str(clone))
    for key, value in {"user.name": "Ada", "user.email": "ada@example.org"}.items():
        run_git(clone, "config", key, value)
    return server, clone


@pytest.fixture
def shared(tmp_path: Path) -> tuple[Path, Path]:
    return serve(tmp_path, GOVERNED)


def push(clone: Path, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "push", "-q", "--no-verify", *(args or ("origin", "main"))]
    return subprocess.run(
        command, cwd=clone, capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )


def files_of(server: Path) -> dict[str, bytes]:
    return {str(p.relative_to(server)): p.read_bytes() for p in sorted(server.rglob("*")) if p.is_file()}


def test_what_the_gate_refuses_does_not_land_and_nothing_is_written(shared: tuple[Path, Path]) -> None:
    server, clone = shared
    commit_all(clone, BAD)
    before = files_of(server)
    said = push(clone)
    assert said.returncode
    assert "regressions: plan: 1 protected case passed before and no longer" in said.stderr
    assert "plan-1" in said.stderr and "fixloop gate " in said.stderr
    assert files_of(server) == before


def test_what_the_gate_passes_lands_and_the_rest_is_nobodys_business(shared: tuple[Path, Path]) -> None:
    server, clone = shared
    commit_all(clone, GOOD)
    assert push(clone).returncode == 0
    assert at(server) == at(clone)
    commit_all(clone, BAD)
    assert push(clone, "origin", "main:refs/heads/idea").returncode == 0
    assert at(server, "idea") == at(clone)


def ways() -> list[Callable[[Path], tuple[str, ...]]]:
    """Commands of a clone that would bring BAD to the server's main."""

    def hidden_behind_good(clone: Path) -> tuple[str, ...]:
        commit_all(clone, BAD)
        commit_all(clone, {TREE: WORLD[TREE], "README.md": "x"})
        commit_all(clone, BAD)
        return ("origin", "main")

    def merged(clone: Path) -> tuple[str, ...]:
        run_git(clone, "switch", "-q", "-c", "side")
        commit_all(clone, BAD)
        run_git(clone, "switch", "-q", "main")
        run_git(clone, "merge", "-q", "--no-ff", "-m", "m", "side")
        return ("origin", "main")

    def forced(clone: Path) -> tuple[str, ...]:
        run_git(clone, "switch", "-q", "--orphan", "new")
        commit_all(clone, {**GOVERNED, **BAD})
        return ("--force", "origin", "new:main")

    def with_a_forged_verdict(clone: Path) -> tuple[str, ...]:
        base, commit = at(clone), commit_all(clone, BAD)
        tree = at(clone, f"{commit}^{{tree}}")
        run_git(clone, "switch", "-q", "--orphan", "fixloop/state")
        verdict = {"verdict": "pass", "base": base, "tree": tree}
        commit_all(clone, {f"verdicts/{base}-{tree}.json": json.dumps(verdict, indent=1)})
        return ("origin", "fixloop/state", "main")

    def with_a_forged_trailer(clone: Path) -> tuple[str, ...]:
        commit_all(clone, BAD, "Better\n\nFixloop-Hint: h-0000000000000000\nFixloop-Lane: neutral\n")
        return ("origin", "main")

    def in_two_commits(clone: Path) -> tuple[str, ...]:
        """The first takes the case away that the second would fail."""
        run_git(clone, "rm", "-q", "-r", "evals")
        run_git(clone, "commit", "-q", "-m", "tidy")
        commit_all(clone, BAD)
        return ("origin", "main")

    return [hidden_behind_good, merged, forced, with_a_forged_verdict, with_a_forged_trailer, in_two_commits]


@pytest.mark.parametrize("way", ways(), ids=lambda way: way.__name__)
def test_no_way_leads_past_the_server(
    shared: tuple[Path, Path], way: Callable[[Path], tuple[str, ...]]
) -> None:
    server, clone = shared
    before = at(server)
    said = push(clone, *way(clone))
    assert said.returncode and "main stays where it is" in said.stderr
    assert at(server) == before
    assert "fixloop/state" not in run_git(server, "branch", "--list")


def test_a_step_that_breaks_is_refused_even_where_the_next_one_mends_it(shared: tuple[Path, Path]) -> None:
    _, clone = shared
    broken = commit_all(clone, BAD)
    commit_all(clone, GOOD)
    assert f"{broken[:12]} is refused" in push(clone).stderr


def test_deleting_a_protected_branch_is_refused(shared: tuple[Path, Path]) -> None:
    server, clone = shared
    run_git(server, "symbolic-ref", "HEAD", "refs/heads/other")
    said = push(clone, "origin", ":main")
    assert said.returncode and "main is protected, and would be deleted" in said.stderr


class TestJudges:
    def test_a_judge_may_with_a_push_option_and_it_is_recorded(self, shared: tuple[Path, Path]) -> None:
        server, clone = shared
        commit_all(clone, JUDGE)
        assert "policy.judges" in push(clone).stderr
        said = push(clone, "-o", "fixloop.allow-judge=the case had a wrong id", "origin", "main")
        assert said.returncode == 0, said.stderr
        assert "allowed by ada: the case had a wrong id" in said.stderr
        event = run_git(server, "log", "-1", "--format=%s", "fixloop/state")
        assert event == "overridden by push option: the case had a wrong id"

    def test_nobody_else_may(self, shared: tuple[Path, Path]) -> None:
        _, clone = shared
        commit_all(clone, JUDGE)
        option = ("-o", "fixloop.allow-judge=please", "origin", "main")
        assert push(clone, *option, FIXLOOP_PUSHER="eve").returncode
        # A commit says what it likes; who pushes is the server's word.
        assert push(clone, *option, FIXLOOP_PUSHER="", LOGNAME="", GIT_COMMITTER_EMAIL="ada").returncode

    def test_a_push_cannot_bring_its_own_judge(self, shared: tuple[Path, Path]) -> None:
        _, clone = shared
        commit_all(clone, {"fixloop.yaml": GOVERNED["fixloop.yaml"].replace("ada", "eve")})
        option = ("-o", "fixloop.allow-judge=me now", "origin", "main")
        assert push(clone, *option, FIXLOOP_PUSHER="eve").returncode

    def test_a_reason_opens_no_other_check(self, shared: tuple[Path, Path]) -> None:
        _, clone = shared
        commit_all(clone, BAD)
        assert push(clone, "-o", "fixloop.allow-judge=really", "origin", "main").returncode


class TestRecord:
    @pytest.fixture
    def recorded(self, tmp_path: Path) -> tuple[Path, Path]:
        """A server whose record has feedback, and a clone with the same record."""
        files = {
            **minimal_world(),
            "plan_trees/account_locked.yaml": WITHOUT_FRAUD,
            "plan_trees/login_problem.yaml": KNOWS_FRAUD,
        }
        server, clone = serve(tmp_path, files)
        desk = desk_of(clone)
        wanted = {"tools": ["escalate_to_security"]}
        tell(desk, [row(1, "KTR05821 my account is locked", "fraud flag! to security", expected=wanted)])
        assert push(clone, "origin", "fixloop/state").returncode == 0
        return server, clone

    def test_a_fix_that_landed_elsewhere_lands_here_with_its_record(
        self, recorded: tuple[Path, Path]
    ) -> None:
        server, clone = recorded
        desk = desk_of(clone)
        hint = next(hint for hint in propose(desk).hints if hint.operations)
        approve(desk, [hint.id], "ada@example.org")
        assert [landed.id for landed in merge(desk, [hint.id]).merged] == [hint.id]
        said = push(clone, "origin", "fixloop/state", "main")
        assert said.returncode == 0, said.stderr
        assert at(server) == at(clone)

    @pytest.mark.parametrize("what", ["edit", "remove", "delete"])
    def test_the_record_only_gains_files(self, recorded: tuple[Path, Path], what: str) -> None:
        server, clone = recorded
        before = at(server, "fixloop/state")
        run_git(clone, "switch", "-q", "fixloop/state")
        path = next(p for p in run_git(clone, "ls-files").splitlines() if p.startswith("feedback/"))
        if what == "edit":
            commit_all(clone, {path: "{}\n"})
        elif what == "remove":
            run_git(clone, "rm", "-q", path)
            run_git(clone, "commit", "-q", "-m", "forget")
        spec = ":fixloop/state" if what == "delete" else "fixloop/state"
        said = push(clone, "origin", spec)
        assert said.returncode and "fixloop/state may only gain files" in said.stderr
        assert at(server, "fixloop/state") == before


def test_a_server_has_only_the_servers_hooks(tmp_path: Path) -> None:
    folder = make_repo(tmp_path, WORLD)
    hooks = build_hook_folder(str(folder))
    install_hooks(open_repository(folder), hooks, sys.executable)
    installed = install_hooks(open_repository(folder), hooks, sys.executable, server=True)
    assert installed.written == ("pre-receive", "post-receive")
    assert not (folder / ".git/hooks/reference-transaction").exists()
    assert any("removed: on a server" in note for note in installed.notes)
    assert install_hooks(open_repository(folder), hooks, sys.executable, server=True).written == ()


def test_a_hook_that_was_there_is_asked_first(shared: tuple[Path, Path]) -> None:
    server, clone = shared
    (server / "hooks/pre-receive").rename(server / "hooks/kept")
    own = server / "hooks/pre-receive"
    own.write_text("#!/bin/sh\nread -r line\necho house rules >&2\nexit 1\n")
    own.chmod(0o755)
    install_hooks(open_repository(server), build_hook_folder(str(server)), sys.executable, server=True)
    commit_all(clone, GOOD)
    said = push(clone)
    assert said.returncode and "house rules" in said.stderr


class TestFramework:
    """The pre-commit framework calls `fixloop hook run pre-push` and tells the push in the environment."""

    def run(self, folder: Path, **told: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "fixloop", "hook", "run", "pre-push"]
        env = {**os.environ, **told}
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env, check=False)

    @pytest.mark.parametrize(
        ("change", "ref", "code"), [(BAD, "main", 1), (GOOD, "main", 0), (BAD, "idea", 0)]
    )
    def test_a_push_to_a_protected_branch_is_judged(
        self, tmp_path: Path, change: dict[str, str], ref: str, code: int
    ) -> None:
        folder = make_repo(tmp_path, WORLD)
        base, head = at(folder), commit_all(folder, change)
        branch = f"refs/heads/{ref}"
        said = self.run(
            folder, PRE_COMMIT_FROM_REF=base, PRE_COMMIT_TO_REF=head, PRE_COMMIT_REMOTE_BRANCH=branch
        )
        assert said.returncode == code, said.stderr
        assert ("regressions" in said.stderr) == bool(code)

    def test_the_hooks_it_offers_are_commands_of_fixloop(self) -> None:
        import yaml

        offered = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text())
        assert [hook["id"] for hook in offered] == ["fixloop-check", "fixloop-gate"]
        for hook in offered:
            words = [*hook["entry"].split(), "--help"]
            done = subprocess.run([sys.executable, "-m", *words], capture_output=True, check=False)
            assert done.returncode == 0
