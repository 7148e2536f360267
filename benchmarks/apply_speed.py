"""Twenty fixes on twenty branches of a 10,000-file repository: fixloop's way against bare git commands.

Run: python benchmarks/apply_speed.py [files] [fixes] [rounds]
Bare git builds each commit in an index of its own (hash-object, read-tree, update-index, write-tree,
commit-tree, update-ref), as a careful script does that must not touch the checkout.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from fixloop.adapters.git_repository import open_repository
from fixloop.ports.git import NewCommit


def main(files: int = 10_000, fixes: int = 20, rounds: int = 5) -> None:
    """Print the median of both ways and their ratio."""
    with tempfile.TemporaryDirectory(prefix="fixloop-bench-") as folder:
        origin = Path(folder) / "origin"
        make_origin(origin, files)
        edits = [edits_of(number) for number in range(fixes)]
        ours = [timed(commit_with_fixloop, Path(folder), edits) for _ in range(rounds)]
        bare = [timed(commit_with_git, Path(folder), edits) for _ in range(rounds)]
    mine, theirs = statistics.median(ours), statistics.median(bare)
    print(f"{fixes} commits on {fixes} branches, {files} files, median of {rounds}")
    print(f"fixloop   {mine * 1000:7.1f} ms")
    print(f"bare git  {theirs * 1000:7.1f} ms")
    print(f"ratio     {mine / theirs:7.3f}  ({theirs / mine:.1f} times as fast)")


def make_origin(folder: Path, files: int) -> None:
    """A packed repository of one commit, a hundred files a folder."""
    git(folder.parent, "init", "-q", "-b", "main", str(folder))
    for key, value in {"user.name": "Ada", "user.email": "ada@example.org", "gc.auto": "0"}.items():
        git(folder, "config", key, value)
    for number in range(files):
        path = folder / f"workspace/part_{number // 100:03}/file_{number:05}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"number: {number}\n" + f"text: {number * 7919 % 99991} words of an example\n" * 12)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "repack", "-adq")


def edits_of(number: int) -> dict[str, bytes]:
    """Two edited files and a new case, as a fix has them."""
    return {
        f"workspace/part_{number:03}/file_{number * 100:05}.yaml": b"changed: %d\n" % number,
        f"workspace/part_{number:03}/file_{number * 100 + 1:05}.yaml": b"changed too: %d\n" % number,
        f"evals/plan/h-{number:04}.yaml": b"- {id: c%d}\n" % number,
    }


def timed(
    way: Callable[[Path, list[dict[str, bytes]]], None], folder: Path, edits: list[dict[str, bytes]]
) -> float:
    """Seconds one way takes in a fresh copy, checked afterwards."""
    copy = folder / "copy"
    # Neither way may touch the work tree, so it need not be there.
    shutil.copytree(folder / "origin/.git", copy / ".git")
    start = time.perf_counter()
    way(copy, edits)
    took = time.perf_counter() - start
    assert len(git(copy, "for-each-ref", "refs/heads/fixloop/fix/").splitlines()) == len(edits)
    assert len(git(copy, "diff-tree", "-r", "main", "fixloop/fix/h-0").splitlines()) == len(edits[0])
    shutil.rmtree(copy)
    return took


def commit_with_fixloop(folder: Path, edits: list[dict[str, bytes]]) -> None:
    """Open the repository and build all commits."""
    repo = open_repository(folder)
    main = repo.resolve("main")
    assert main
    repo.commit(
        [NewCommit(f"refs/heads/fixloop/fix/h-{n}", main, edit, f"fix {n}") for n, edit in enumerate(edits)]
    )


def commit_with_git(folder: Path, edits: list[dict[str, bytes]]) -> None:
    """One private index a branch."""
    main = git(folder, "rev-parse", "main")
    for number, edit in enumerate(edits):
        index = {"GIT_INDEX_FILE": str(folder / ".git" / f"index-{number}")}
        git(folder, "read-tree", main, env=index)
        blobs = git(folder, "hash-object", "-w", "--", *written(folder / ".git", edit)).splitlines()
        lines = [f"100644 {blob}\t{path}" for blob, path in zip(blobs, edit, strict=True)]
        git(folder, "update-index", "--index-info", data="\n".join([*lines, ""]).encode(), env=index)
        tree = git(folder, "write-tree", env=index)
        commit = git(folder, "commit-tree", tree, "-p", main, "-m", f"fix {number}")
        git(folder, "update-ref", f"refs/heads/fixloop/fix/h-{number}", commit, "0" * 40)


def written(folder: Path, edit: dict[str, bytes]) -> list[str]:
    """The new contents as files, so one process can hash them all."""
    paths = [folder / f"new-{turn}" for turn in range(len(edit))]
    for path, data in zip(paths, edit.values(), strict=True):
        path.write_bytes(data)
    return list(map(str, paths))


def git(folder: Path, *args: str, data: bytes = b"", env: Mapping[str, str] | None = None) -> str:
    """One git command."""
    environment = {**os.environ, **(env or {})}
    done = subprocess.run(
        ["git", *args], cwd=folder, input=data, env=environment, check=True, capture_output=True
    )
    return done.stdout.decode().strip()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
