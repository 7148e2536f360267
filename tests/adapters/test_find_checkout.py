"""Finding a checkout without git gives what git would say, or leaves the answer to git."""

from pathlib import Path

from fixloop.adapters.find_checkout import find_checkout
from tests.support.git_worlds import make_repo, run_git


def test_the_top_and_a_folder_below(folder: Path) -> None:
    for start in (folder, folder / "evals/plan"):
        found = find_checkout(start)
        assert found is not None
        assert (str(found.top), str(found.common_dir)) == (
            run_git(start, "rev-parse", "--show-toplevel"),
            run_git(start, "rev-parse", "--path-format=absolute", "--git-common-dir"),
        )


def test_a_linked_worktree_shares_the_git_directory(folder: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    run_git(folder, "worktree", "add", "-q", str(linked), "-b", "side")
    found = find_checkout(linked)
    assert found is not None
    assert (found.top, found.common_dir) == (linked, folder / ".git")


def test_outside_of_any_repository(tmp_path: Path) -> None:
    assert find_checkout(tmp_path) is None
    assert find_checkout(tmp_path / "nowhere") is None


def test_what_only_git_can_tell_is_left_to_git(folder: Path, tmp_path: Path) -> None:
    run_git(folder, "config", "core.worktree", str(tmp_path))
    assert find_checkout(folder) is None
    run_git(tmp_path, "clone", "-q", "--bare", str(folder), "bare.git")
    assert find_checkout(tmp_path / "bare.git") is None


def test_a_submodule_is_left_to_git(folder: Path, tmp_path: Path) -> None:
    inner = make_repo(tmp_path, name="inner")
    add = ("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "sub")
    run_git(folder, *add)
    assert find_checkout(folder / "sub") is None
