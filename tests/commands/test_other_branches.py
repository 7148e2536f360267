"""A fix that landed on one branch is not on another: that is told, with what brings it over."""

from pathlib import Path

import pytest

from fixloop.commands.decide import Why
from fixloop.commands.desk import Desk
from fixloop.commands.hints import show_hint
from fixloop.commands.merge import merge
from fixloop.commands.propose import propose
from fixloop.commands.revert import revert
from fixloop.errors import BadInput
from fixloop.hints.model import Hint
from fixloop.queue.outcome import MERGED_ALREADY
from tests.support.fixes import approve_fixes, other_words
from tests.support.git_worlds import commit_all, run_git
from tests.support.loop import bank, desk_of

NOTHING_NEW = "nothing new: every rejection has a hint or a decision"


@pytest.fixture
def fix() -> Hint:
    return other_words()


@pytest.fixture
def desk(tmp_path: Path, fix: Hint) -> Desk:
    """A bank with main out, and a fix that has landed on a branch beside it; each has moved on."""
    desk = bank(tmp_path)
    run_git(desk.folder, "switch", "-q", "-c", "feature")
    commit_all(desk.folder, {"notes.txt": "mine"}, "notes")
    approve_fixes(desk, fix)
    assert merge(desk_of(desk.folder), [fix.id]).merged
    run_git(desk.folder, "switch", "-q", "main")
    commit_all(desk.folder, {"more.txt": "ours"}, "more")
    return desk_of(desk.folder)


def landed(desk: Desk) -> str:
    return run_git(desk.folder, "rev-parse", "--short=12", "feature")


def test_merge_names_the_branch_and_what_to_do(desk: Desk, fix: Hint) -> None:
    (refused,) = merge(desk, [fix.id]).refused
    assert refused.detail == f"landed on feature as {landed(desk)}, which is not on main"
    assert (refused.needless, refused.mend) == (False, "git merge feature")
    run_git(desk.folder, "merge", "-q", "--no-edit", "feature")
    (refused,) = merge(desk_of(desk.folder), [fix.id]).refused
    assert (refused.needless, refused.detail) == (True, MERGED_ALREADY)


def test_of_a_branch_that_is_not_out_too(desk: Desk, fix: Hint) -> None:
    run_git(desk.folder, "switch", "-q", "feature")
    assert merge(desk_of(desk.folder), [fix.id]).refused[0].needless
    (refused,) = merge(desk_of(desk.folder), [fix.id], into="main").refused
    assert refused.mend == "git switch main && git merge feature"


def test_a_branch_that_is_gone_leaves_its_commit(desk: Desk, fix: Hint) -> None:
    commit = landed(desk)
    run_git(desk.folder, "branch", "-q", "-D", "feature")
    assert merge(desk, [fix.id]).refused[0].mend == f"git merge {commit}"
    assert propose(desk_of(desk.folder)).ended == NOTHING_NEW


def test_what_came_over_as_another_commit_is_there(desk: Desk, fix: Hint) -> None:
    run_git(desk.folder, "cherry-pick", "feature")
    assert merge(desk_of(desk.folder), [fix.id]).refused[0].needless
    assert propose(desk_of(desk.folder)).ended == NOTHING_NEW


def test_revert_names_the_branch(desk: Desk, fix: Hint) -> None:
    with pytest.raises(BadInput, match=r"landed on feature as .*, which is not on main") as refused:
        revert(desk, fix.id, Why("other"), "ann@bank")
    assert refused.value.mend == f"fixloop revert {fix.id} --onto feature"
    assert revert(desk_of(desk.folder), fix.id, Why("other"), "ann@bank", onto="feature").done


def test_propose_says_what_the_branch_lacks(desk: Desk, fix: Hint) -> None:
    told = f"{NOTHING_NEW}; 1 merged fix is on feature and not on main: git merge feature"
    assert propose(desk).ended == told
    assert propose(desk_of(desk.folder), "feature").ended == NOTHING_NEW
    run_git(desk.folder, "merge", "-q", "--no-edit", "feature")
    assert propose(desk_of(desk.folder)).ended == NOTHING_NEW


def test_show_says_where_it_landed(desk: Desk, fix: Hint) -> None:
    found = show_hint(desk, fix.id).elsewhere
    assert found is not None
    assert found.told == f"landed on feature as {landed(desk)}, which is not on main"
    assert show_hint(desk, fix.id, "feature").elsewhere is None
