import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from fixloop.adapters import work_tree
from fixloop.adapters.git_repository import GitRepository, open_repository
from fixloop.adapters.git_snapshot import GitSnapshot, TreeReader
from fixloop.adapters.work_tree import read_work_tree
from fixloop.errors import BadInput
from fixloop.workspace.snapshot import digest_of, is_governed
from tests.support.git_worlds import FILES, commit_all, run_git, write_files

GOVERNED = sorted(path for path in FILES if is_governed(path))


def test_a_tree_and_its_checkout_are_the_same_snapshot(folder: Path, repo: GitRepository) -> None:
    commit_all(folder, {'workspace/ü "quoted"\n.yaml': b"\xff\0", "evals/a b/c.jsonl": "", "evalsx/no": "n"})
    disk, tree = read_work_tree(folder), GitSnapshot(repo, "main")
    assert disk.paths() == tree.paths()
    assert [disk.read(path) for path in disk.paths()] == [tree.read(path) for path in tree.paths()]
    assert digest_of(disk) == digest_of(tree)
    assert tree.odd_modes == {}


def test_only_governed_paths_are_there(repo: GitRepository) -> None:
    tree = GitSnapshot(repo, "main")
    assert tree.paths() == GOVERNED
    assert tree.read("README.md") is None
    assert tree.blob("README.md") is None


def test_an_older_tree_stays_what_it_was(folder: Path, repo: GitRepository) -> None:
    tree = GitSnapshot(repo, "main")
    commit_all(folder, {"fixloop.yaml": "other"})
    assert tree.read("fixloop.yaml") == b"fixloop: 1\n"


def test_links_submodules_and_odd_names_are_told_and_never_read(folder: Path, repo: GitRepository) -> None:
    (folder / "workspace/secret").symlink_to("/etc/passwd")
    (folder / "workspace/tool.sh").write_text("x")
    (folder / "workspace/tool.sh").chmod(0o755)
    commit_all(folder, {})
    run_git(folder, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},evals/sub")
    (Path(os.fsdecode(bytes(folder) + b"/workspace/\xff"))).write_text("x")
    commit = _commit_index(folder)
    tree = GitSnapshot(repo, commit)
    assert tree.odd_modes == {"workspace/secret": "120000", "evals/sub": "160000"}
    assert tree.read("workspace/secret") is None
    assert tree.blob("evals/sub") is None
    assert tree.read("workspace/tool.sh") == b"x"
    run_git(folder, "add", "workspace")
    assert GitSnapshot(repo, _commit_index(folder)).odd_modes["workspace/\udcff"] == "100644"


def _commit_index(folder: Path) -> str:
    run_git(folder, "commit", "-q", "-m", "index")
    return run_git(folder, "rev-parse", "HEAD")


def test_a_governed_folder_that_is_a_link_is_told(folder: Path, repo: GitRepository) -> None:
    (folder / "plan_trees").rename(folder / "trees")
    (folder / "plan_trees").symlink_to("trees")
    commit_all(folder, {})
    assert GitSnapshot(repo, "main").odd_modes == {"plan_trees": "120000"}
    with pytest.raises(BadInput, match="does not follow links"):
        read_work_tree(folder)


def test_what_two_trees_share_is_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = open_repository(folder)
    base = repo.resolve("main")
    head = commit_all(folder, {"workspace/new.yaml": "1"})
    assert base
    asked: list[int] = []
    read = repo.read_blobs

    def counted(oids: Iterable[str]) -> Mapping[str, bytes]:
        found = read(oids)
        asked.append(len(found))
        return found

    monkeypatch.setattr(repo, "read_blobs", counted)
    tree_at = TreeReader(repo)
    for path in GOVERNED:
        assert tree_at(base).read(path) == tree_at(head).read(path)
    assert tree_at(head).read("workspace/new.yaml") == b"1"
    assert sorted(asked) == [1, 1, 1, 2], "the first of a group alone, the others together"
    assert tree_at(base) is tree_at(repo.tree_of(base))


def test_nothing_there_is_an_empty_snapshot(tmp_path: Path) -> None:
    assert read_work_tree(tmp_path).paths() == []


@pytest.mark.parametrize("target", ["/etc/passwd", "../README.md", "intents.yaml", "nowhere"])
def test_links_on_disk_are_refused(folder: Path, target: str) -> None:
    (folder / "workspace/link.yaml").symlink_to(target)
    with pytest.raises(BadInput, match=r"workspace/link\.yaml: this is a link"):
        read_work_tree(folder)


def test_a_file_too_large_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_tree, "MAX_FILE_BYTES", 1024 * 1024)
    with (folder / "evals/big.jsonl").open("wb") as file:
        file.truncate(1024 * 1024 + 1)
    with pytest.raises(BadInput, match=r"evals/big\.jsonl: this has 1 MB"):
        read_work_tree(folder)


def test_a_pipe_is_refused_without_waiting(folder: Path) -> None:
    os.mkfifo(folder / "workspace/pipe")
    with pytest.raises(BadInput, match="not a plain file"):
        read_work_tree(folder)


def test_a_repository_inside_is_refused(folder: Path) -> None:
    run_git(folder / "workspace", "init", "-q", "inner")
    with pytest.raises(BadInput, match="repository of its own"):
        read_work_tree(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_an_unreadable_file_is_told(folder: Path) -> None:
    (folder / "fixloop.yaml").chmod(0)
    with pytest.raises(BadInput, match=r"fixloop\.yaml: this cannot be read"):
        read_work_tree(folder)


def test_a_file_that_goes_away_while_reading_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> int:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(os, "open", gone)
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        read_work_tree(folder)


def test_a_file_where_a_folder_belongs_is_nothing_of_ours(tmp_path: Path) -> None:
    write_files(tmp_path, {"evals": "a file"})
    assert read_work_tree(tmp_path).paths() == []
