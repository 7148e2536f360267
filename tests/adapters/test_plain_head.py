"""The commit that is out, read from git's files, is the one git names; or git is asked."""

from pathlib import Path

import pytest

from fixloop.adapters.find_checkout import find_checkout
from fixloop.adapters.plain_head import governed_digest, read_head
from fixloop.ports.cache import NoCache
from fixloop.workspace.snapshot import MemorySnapshot, Snapshot, digest_of
from tests.support.git_worlds import run_git


def head_of(folder: Path) -> str | None:
    found = find_checkout(folder)
    assert found is not None
    return read_head(found)


def test_a_loose_and_a_packed_branch(folder: Path) -> None:
    assert head_of(folder) == run_git(folder, "rev-parse", "HEAD")
    run_git(folder, "branch", "a/main")
    run_git(folder, "pack-refs", "--all")
    assert head_of(folder) == run_git(folder, "rev-parse", "HEAD")
    run_git(folder, "commit", "-q", "--allow-empty", "-m", "newer than what is packed")
    assert head_of(folder) == run_git(folder, "rev-parse", "HEAD")


def test_a_detached_head_and_a_linked_worktree(folder: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    run_git(folder, "worktree", "add", "-q", str(linked), "-b", "side")
    run_git(linked, "commit", "-q", "--allow-empty", "-m", "only here")
    run_git(folder, "checkout", "-q", "--detach")
    for one in (folder, linked):
        assert head_of(one) == run_git(one, "rev-parse", "HEAD")
    assert head_of(folder) != head_of(linked)


@pytest.mark.parametrize("said", ["ref: refs/heads/unborn", "ref: refs/heads/.invalid", "", "ref: refs/x"])
def test_what_only_git_can_tell_is_left_to_git(folder: Path, said: str) -> None:
    (folder / ".git/HEAD").write_text(said)
    assert head_of(folder) is None


def test_a_branch_that_points_at_a_branch_is_left_to_git(folder: Path) -> None:
    run_git(folder, "symbolic-ref", "refs/heads/other", run_git(folder, "symbolic-ref", "HEAD"))
    run_git(folder, "symbolic-ref", "HEAD", "refs/heads/other")
    assert head_of(folder) is None


def test_git_is_asked_once_a_commit() -> None:
    class Kept(NoCache):
        def __init__(self) -> None:
            self.entries: dict[tuple[str, str], bytes] = {}

        def load(self, kind: str, key: str) -> bytes | None:
            return self.entries.get((kind, key))

        def save(self, kind: str, key: str, data: bytes) -> None:
            self.entries[kind, key] = data

    def never() -> Snapshot:
        raise AssertionError("read twice")

    snapshot = MemorySnapshot({"fixloop.yaml": b"fixloop: 1\n"})
    store = Kept()
    assert governed_digest("a" * 40, lambda: snapshot, store) == digest_of(snapshot)
    assert governed_digest("a" * 40, never, store) == digest_of(snapshot)
