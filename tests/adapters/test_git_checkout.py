from pathlib import Path

import pytest

from fixloop.adapters.git_repository import GitRepository, open_repository
from fixloop.errors import BadInput
from fixloop.ports.git import NewCommit, RefChange, WorkTree
from tests.support.git_worlds import commit_all, picture, run_git, write_files

EDITS: dict[str, bytes | None] = {
    "fixloop.yaml": b"fixloop: 1 # fixed\n",
    "evals/plan/h-1.yaml": b"[]\n",
    "plan_trees/payments.yaml": None,
    "README.md": b"a shop with a sign\n",
}


@pytest.fixture
def moves(repo: GitRepository) -> tuple[str, str]:
    """Where main is and where the fix wants it."""
    old = repo.resolve("main")
    assert old
    return old, repo.commit([NewCommit("refs/heads/fix", old, EDITS, "fix")])[0]


def here(repo: GitRepository) -> WorkTree:
    return repo.work_trees()[0]


def land(repo: GitRepository, tree: WorkTree, old: str, new: str) -> None:
    repo.carry_checkout(tree, old, new)
    repo.move_refs([RefChange("refs/heads/main", old, new)])


def test_a_clean_checkout_follows(folder: Path, repo: GitRepository, moves: tuple[str, str]) -> None:
    assert repo.blocked_paths(here(repo), *moves) == []
    land(repo, here(repo), *moves)
    assert run_git(folder, "status", "--porcelain") == ""
    assert (folder / "fixloop.yaml").read_bytes() == EDITS["fixloop.yaml"]
    assert not (folder / "plan_trees").exists()


def test_other_local_changes_stay_as_they_are(folder: Path, repo: GitRepository) -> None:
    commit_all(
        folder, {"notes/a": "1\n", "notes/b": "1\n", "notes/c": "1\n", "notes/gone": "1\n", "notes/rm": "1\n"}
    )
    old = repo.resolve("main")
    assert old
    new = repo.commit([NewCommit("refs/heads/fix", old, EDITS, "fix")])[0]
    write_files(folder, {"notes/a": "staged\n", "notes/b": "staged\n", "notes/new": "staged\n"})
    run_git(folder, "add", "notes")
    run_git(folder, "rm", "-q", "--cached", "notes/rm")
    write_files(folder, {"notes/b": "and more\n", "notes/c": "unstaged\n", "untracked ü\n": "u\n"})
    (folder / "notes/gone").unlink()
    before = (
        run_git(folder, "status", "--porcelain", "-z"),
        run_git(folder, "diff"),
        run_git(folder, "diff", "--cached"),
    )
    files = {path: data for path, data in picture(folder).items() if path.startswith(("notes", "untracked"))}
    land(repo, here(repo), old, new)
    after = (
        run_git(folder, "status", "--porcelain", "-z"),
        run_git(folder, "diff"),
        run_git(folder, "diff", "--cached"),
    )
    assert after == before
    assert picture(folder).items() >= files.items()


@pytest.mark.parametrize("path", ["fixloop.yaml", "plan_trees/payments.yaml", "README.md"])
@pytest.mark.parametrize("stage", ["unstaged", "staged", "staged and undone", "deleted"])
def test_a_local_change_in_the_way_stops_it(
    folder: Path, repo: GitRepository, moves: tuple[str, str], path: str, stage: str
) -> None:
    was = (folder / path).read_bytes()
    write_files(folder, {path: "mine\n"})
    if stage.startswith("staged"):
        run_git(folder, "add", path)
    if stage == "staged and undone":
        write_files(folder, {path: was})
    if stage == "deleted":
        (folder / path).unlink()
    before = picture(folder)
    assert repo.blocked_paths(here(repo), *moves) == [path]
    with pytest.raises(BadInput, match="local changes") as caught:
        repo.carry_checkout(here(repo), *moves)
    assert path in caught.value.message
    assert picture(folder) == before


@pytest.mark.parametrize(
    ("in_the_way", "named"),
    [
        ("evals/plan/h-1.yaml", "evals/plan/h-1.yaml"),
        ("evals/plan/h-1.yaml/mine", "evals/plan/h-1.yaml/mine"),
    ],
)
@pytest.mark.parametrize("ignored", [False, True])
def test_an_untracked_file_in_the_way_stops_it(
    folder: Path, repo: GitRepository, moves: tuple[str, str], in_the_way: str, named: str, ignored: bool
) -> None:
    write_files(folder, {in_the_way: "mine\n"})
    if ignored:
        write_files(folder / ".git", {"info/exclude": "h-1.yaml\n"})
    before = picture(folder)
    assert repo.blocked_paths(here(repo), *moves) == [named]
    with pytest.raises(BadInput, match="local changes"):
        repo.carry_checkout(here(repo), *moves)
    assert picture(folder) == before


def test_an_untracked_file_where_a_folder_comes_stops_it(folder: Path, repo: GitRepository) -> None:
    old = repo.resolve("main")
    assert old
    new = repo.commit([NewCommit("refs/heads/fix", old, {"notes/a": b"1"}, "fix")])[0]
    write_files(folder, {"notes": "mine"})
    assert repo.blocked_paths(here(repo), old, new) == ["notes"]


def test_a_folder_of_ours_becomes_a_file(folder: Path, repo: GitRepository) -> None:
    old = commit_all(folder, {"notes/a": "1", "notes/b": "2"})
    new = repo.commit(
        [NewCommit("refs/heads/fix", old, {"notes/a": None, "notes/b": None, "notes": b"3"}, "f")]
    )[0]
    land(repo, here(repo), old, new)
    assert (folder / "notes").read_bytes() == b"3"
    assert run_git(folder, "status", "--porcelain") == ""


def test_a_file_that_was_only_touched_is_no_change(
    folder: Path, repo: GitRepository, moves: tuple[str, str]
) -> None:
    write_files(folder, {"fixloop.yaml": "fixloop: 1\n"})
    assert repo.blocked_paths(here(repo), *moves) == []
    land(repo, here(repo), *moves)
    assert run_git(folder, "status", "--porcelain") == ""


def test_looking_writes_nothing(folder: Path, repo: GitRepository, moves: tuple[str, str]) -> None:
    write_files(folder, {"fixloop.yaml": "fixloop: 1\n", "README.md": "mine\n"})
    before = picture(folder)
    repo.blocked_paths(here(repo), *moves)
    assert picture(folder) == before


def test_a_run_killed_between_checkout_and_branch_is_finished_by_the_next(
    folder: Path, repo: GitRepository, moves: tuple[str, str]
) -> None:
    repo.carry_checkout(here(repo), *moves)
    assert repo.blocked_paths(here(repo), *moves) == []
    land(repo, here(repo), *moves)
    assert run_git(folder, "status", "--porcelain") == ""


def test_and_can_be_undone(folder: Path, repo: GitRepository, moves: tuple[str, str]) -> None:
    before = picture(folder)
    repo.carry_checkout(here(repo), *moves)
    repo.carry_checkout(here(repo), moves[1], moves[0])
    assert run_git(folder, "status", "--porcelain") == ""
    assert picture(folder).keys() == before.keys()


def test_a_linked_worktree_follows_and_the_first_stays(
    folder: Path, repo: GitRepository, moves: tuple[str, str], tmp_path: Path
) -> None:
    run_git(folder, "checkout", "-q", "--detach")
    run_git(folder, "worktree", "add", "-q", str(tmp_path / "wörk tree"), "main")
    before = picture(folder)
    (tree,) = [tree for tree in open_repository(folder).work_trees() if tree.branch == "refs/heads/main"]
    land(repo, tree, *moves)
    assert run_git(tree.path, "status", "--porcelain") == ""
    assert picture(folder) == before


def test_a_removed_worktree_is_not_listed(folder: Path, repo: GitRepository, tmp_path: Path) -> None:
    run_git(folder, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    (tmp_path / "side").rename(tmp_path / "elsewhere")
    assert [tree.path for tree in repo.work_trees()] == [folder]


def test_a_locked_index_is_told(folder: Path, repo: GitRepository, moves: tuple[str, str]) -> None:
    (folder / ".git/index.lock").touch()
    with pytest.raises(BadInput, match="another git process") as caught:
        repo.carry_checkout(here(repo), *moves)
    assert "index.lock" in caught.value.mend


def test_an_unfinished_merge_is_told(folder: Path, repo: GitRepository, moves: tuple[str, str]) -> None:
    run_git(folder, "checkout", "-q", "-b", "side")
    commit_all(folder, {"workspace/intents.yaml": "side\n"})
    run_git(folder, "checkout", "-q", "main")
    commit_all(folder, {"workspace/intents.yaml": "main\n"})
    run_git(folder, "merge", "side", check=False)
    before = picture(folder)
    with pytest.raises(BadInput):
        repo.carry_checkout(here(repo), *moves)
    assert picture(folder) == before


def test_a_sparse_checkout_follows(folder: Path, repo: GitRepository, moves: tuple[str, str]) -> None:
    run_git(folder, "sparse-checkout", "set", "workspace")
    land(repo, here(repo), *moves)
    assert run_git(folder, "status", "--porcelain") == ""
    assert not (folder / "evals").exists()
