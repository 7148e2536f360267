"""`apply` and `merge` whatever state the user's checkout is in, and however many run at once."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from fixloop.commands.apply import apply
from fixloop.commands.desk import Desk
from fixloop.commands.merge import merge
from fixloop.errors import AnotherRunHoldsTheLock
from fixloop.hints.model import Hint
from fixloop.ports.git import NewCommit, RefChange, Repository
from tests.commands.test_walkthrough import KNOWS_FRAUD, WITHOUT_FRAUD
from tests.support.fixes import approve_fixes, fraud_branch
from tests.support.git_worlds import commit_all, picture, run_git
from tests.support.loop import bank, desk_of


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A bank with one approved hint."""
    files = {"plan_trees/account_locked.yaml": WITHOUT_FRAUD, "plan_trees/login_problem.yaml": KNOWS_FRAUD}
    desk = bank(tmp_path, **files)
    approve_fixes(desk, fraud_branch())
    return desk


def the_hint(desk: Desk) -> Hint:
    (hint,) = desk.ground().book.hints.values()
    return hint


def test_detached(desk: Desk) -> None:
    run_git(desk.folder, "checkout", "-q", "--detach")
    before = picture(desk.folder)
    apply(desk_of(desk.folder), (), approved=True)
    assert picture(desk.folder).items() >= before.items()
    (landed,) = merge(desk_of(desk.folder), (), passing=True, into="main").merged
    assert run_git(desk.folder, "rev-parse", "main") == landed.commit
    assert run_git(desk.folder, "rev-parse", "HEAD") != landed.commit


def test_bare(desk: Desk, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    run_git(tmp_path, "clone", "-q", "--mirror", str(desk.folder), str(bare))
    other = desk_of(bare)
    assert [one.id for one in apply(other, (), approved=True).prepared.applied] == [the_hint(desk).id]
    (landed,) = merge(other, (), passing=True).merged
    assert run_git(bare, "rev-parse", "main") == landed.commit


def test_every_checkout_of_the_branch_comes_along(desk: Desk, tmp_path: Path) -> None:
    run_git(desk.folder, "checkout", "-q", "-b", "elsewhere")
    tree = tmp_path / "tree"
    run_git(desk.folder, "worktree", "add", "-q", str(tree), "main")
    (landed,) = merge(desk_of(desk.folder), (), passing=True, into="main").merged
    assert "security_escalation" in (tree / "plan_trees/account_locked.yaml").read_text()
    assert run_git(tree, "status", "--porcelain") == ""
    assert "security_escalation" not in (desk.folder / "plan_trees/account_locked.yaml").read_text()
    assert run_git(tree, "rev-parse", "HEAD") == landed.commit


def test_applying_twice_is_applying_once(desk: Desk) -> None:
    (first,) = apply(desk, (), approved=True).prepared.applied
    (second,) = apply(desk, (), approved=True).prepared.applied
    assert first == second
    assert len(run_git(desk.folder, "log", "--format=%s", "fixloop/state").splitlines()) == 2


def test_a_stale_branch_is_rebuilt_on_the_newest_base(desk: Desk) -> None:
    (stale,) = apply(desk, (), approved=True).prepared.applied
    commit_all(desk.folder, {"README.md": "something else"}, "meanwhile")
    (fresh,) = apply(desk_of(desk.folder), (), approved=True).prepared.applied
    assert fresh.commit != stale.commit
    assert run_git(desk.folder, "rev-parse", f"{fresh.branch}~1") == run_git(desk.folder, "rev-parse", "main")


def test_a_commit_of_a_person_on_the_fix_branch_is_kept_and_judged(desk: Desk, tmp_path: Path) -> None:
    (made,) = apply(desk, (), approved=True).prepared.applied
    tree = tmp_path / "tree"
    run_git(desk.folder, "worktree", "add", "-q", str(tree), made.branch)
    path = "plan_trees/account_locked.yaml"
    text = (tree / path).read_text() + "# checked with the fraud desk\n"
    commit_all(tree, {path: text}, "a remark")
    commit_all(desk.folder, {"README.md": "something else"}, "meanwhile")
    again = apply(desk_of(desk.folder), (), approved=True).prepared.applied
    assert again[0].commit == run_git(tree, "rev-parse", "HEAD")
    (landed,) = merge(desk_of(desk.folder), (), passing=True).merged
    assert run_git(desk.folder, "show", f"{landed.commit}:{path}").endswith("# checked with the fraud desk")


def test_a_person_who_leaves_the_scope_is_refused(desk: Desk, tmp_path: Path) -> None:
    (made,) = apply(desk, (), approved=True).prepared.applied
    tree = tmp_path / "tree"
    run_git(desk.folder, "worktree", "add", "-q", str(tree), made.branch)
    other = "leaf: transfer_failed\nowner: payments-team\nbranches: [{reply: handover}]\n"
    commit_all(tree, {"plan_trees/transfer_failed.yaml": other})
    (refused,) = merge(desk_of(desk.folder), (), passing=True).refused
    assert refused.check == "scope"


def test_the_base_that_moves_meanwhile_becomes_the_base(desk: Desk) -> None:
    moved: list[str] = []
    real = desk.repo.move_refs
    run_git(desk.folder, "checkout", "-q", "-b", "elsewhere")

    class Racing:
        """The repository, with somebody who commits just before the first move."""

        def __getattr__(self, name: str) -> object:
            return getattr(desk.repo, name)

        def move_refs(self, changes: list[RefChange]) -> None:
            if not moved and changes[0].ref == "refs/heads/main":
                first = NewCommit("refs/heads/main", changes[0].old, {"README.md": b"first"}, "first", None)
                moved.extend(desk.repo.commit([first]))
            real(changes)

    racing = replace(desk, repo=cast(Repository, Racing()))
    (landed,) = merge(racing, (), passing=True, into="main").merged
    assert run_git(desk.folder, "rev-parse", "main~1") == moved[0]
    assert run_git(desk.folder, "rev-parse", "main") == landed.commit
    assert run_git(desk.folder, "status", "--porcelain") == ""


def test_a_second_run_is_told_who_holds_the_lock(desk: Desk) -> None:
    with desk.lock(), pytest.raises(AnotherRunHoldsTheLock, match=str(os.getpid())):
        merge(desk_of(desk.folder), (), passing=True)


@pytest.mark.parametrize("delay", [0.3, 0.6, 0.9, 1.2])
def test_killed_at_any_moment_the_next_run_finishes(desk: Desk, delay: float) -> None:
    command = [sys.executable, "-m", "fixloop", "merge", "--passing", "--repo", str(desk.folder)]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(delay)
    run.send_signal(signal.SIGKILL)
    run.wait()
    merge(desk_of(desk.folder), (), passing=True)
    book = desk_of(desk.folder).ground().book
    assert [book.status(one) for one in book.hints] in (["merged"], ["already_fixed"])
    assert "security_escalation" in run_git(desk.folder, "show", "main:plan_trees/account_locked.yaml")
    assert run_git(desk.folder, "status", "--porcelain") == ""
