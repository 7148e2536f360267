from pathlib import Path

import pytest

from fixloop.adapters.git_repository import GitRepository, open_repository
from fixloop.adapters.state_branch import STATE_BRANCH, StateBranch
from fixloop.errors import FixloopError, RefMoved
from tests.support.crowd import at_once
from tests.support.git_worlds import picture, run_git


def test_empty_before_the_first_addition(repo: GitRepository) -> None:
    state = StateBranch(repo)
    assert state.read() == {}
    assert state.paths() == frozenset()


def test_what_was_added_is_read_back(folder: Path, repo: GitRepository) -> None:
    state = StateBranch(repo)
    before = picture(folder)
    state.add({"ledger/2026-11/b.json": b"{}", "ledger/2026-11/a.json": b"[]"}, "two events")
    state.add({"hints/h-1.yaml": b"step: plan\n"}, "a hint")
    assert list(state.read("ledger/").items()) == [
        ("ledger/2026-11/a.json", b"[]"),
        ("ledger/2026-11/b.json", b"{}"),
    ]
    assert state.paths("hints/") == {"hints/h-1.yaml"}
    assert StateBranch(open_repository(folder)).read() == state.read()
    assert picture(folder) == before


def test_it_has_a_root_of_its_own_and_a_readable_history(folder: Path, repo: GitRepository) -> None:
    StateBranch(repo).add({"a": b"1"}, "first word")
    StateBranch(repo).add({"b": b"1"}, "second word")
    assert run_git(folder, "log", "--format=%s", STATE_BRANCH) == "second word\nfirst word"
    assert repo.merge_base("main", STATE_BRANCH) is None


def test_adding_again_changes_nothing(repo: GitRepository) -> None:
    state = StateBranch(repo)
    state.add({"a": b"1"}, "x")
    tip = repo.resolve(STATE_BRANCH)
    state.add({"a": b"1"}, "again")
    state.add({}, "nothing")
    assert repo.resolve(STATE_BRANCH) == tip
    state.add({"a": b"1", "b": b"2"}, "one of them new")
    assert state.paths() == {"a", "b"}


def test_other_bytes_at_a_path_are_refused(repo: GitRepository) -> None:
    state = StateBranch(repo)
    state.add({"a": b"1"}, "x")
    with pytest.raises(FixloopError, match="other content"):
        state.add({"a": b"2", "b": b"1"}, "x")
    assert state.read() == {"a": b"1"}


def test_a_branch_that_never_stands_still_is_given_up(
    repo: GitRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def moved(_: object) -> list[str]:
        raise RefMoved("moved")

    monkeypatch.setattr(repo, "commit", moved)
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(RefMoved):
        StateBranch(repo).add({"a": b"1"}, "x")


@pytest.mark.slow
def test_additions_of_eight_processes_all_land(folder: Path, repo: GitRepository) -> None:
    assert at_once(8, add_five, str(folder)) == ["done"] * 8
    assert StateBranch(repo).paths() == {f"ledger/{who}-{turn}" for who in range(8) for turn in range(5)}
    assert len(repo.history(STATE_BRANCH, 100)) == 40


def add_five(folder: str, who: int) -> str:
    state = StateBranch(open_repository(folder))
    for turn in range(5):
        state.add({f"ledger/{who}-{turn}": b"%d" % who}, f"{who} says {turn}")
    return "done"
