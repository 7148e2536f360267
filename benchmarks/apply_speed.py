"""Twenty approved fixes onto twenty branches of a 10,000-file repository: `fixloop apply` against bare git.

    python benchmarks/apply_speed.py [files] [fixes] [rounds]

`fixloop apply --approved` is the whole process: it reads hints and approvals, edits the workspace by splice,
builds the commits and writes the record. Bare git only writes the same files to the same branches, with an
index of its own a branch (hash-object, read-tree, update-index, write-tree, commit-tree, update-ref), as a
careful script does that must not touch the checkout.
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

from fixloop.commands.desk import Desk
from fixloop.hints.model import Hint
from fixloop.hints.operation import Operation
from fixloop.queue.rebuild import rebuild
from fixloop.wiring import EXAMPLE, build_desk

TARGET_RATIO, TARGET_SECONDS = 3.0, 0.4
TOP = Path(__file__).resolve().parent.parent

Edits = list[tuple[str, dict[str, bytes]]]
"""Hint id and the files of its fix, a pair a branch."""


def main(files: int = 10_000, fixes: int = 20, rounds: int = 5) -> None:
    """Print the median of both ways and their ratio."""
    with tempfile.TemporaryDirectory(prefix="fixloop-bench-") as name:
        folder = Path(name)
        make_origin(folder / "origin", files)
        edits = approve_fixes(build_desk(str(folder / "origin"), lambda _: None), fixes)
        git(folder / "origin", "repack", "-adq")
        rounds_of = [(timed(ours, folder, edits), timed(bare, folder, edits)) for _ in range(rounds)]
    mine = statistics.median(one for one, _ in rounds_of)
    theirs = statistics.median(other for _, other in rounds_of)
    allowed = TARGET_RATIO * theirs + TARGET_SECONDS
    print(f"apply, {fixes} hints in one run, {files} files, median of {rounds}")
    print(f"fixloop apply  {mine:6.2f} s, whole process")
    print(f"bare git       {theirs:6.2f} s")
    print(f"ratio          {mine / theirs:6.2f}")
    word = "met" if mine <= allowed else "MISSED"
    print(f"target         {TARGET_RATIO:g} x bare git + {TARGET_SECONDS} s = {allowed:.2f} s: {word}")


def make_origin(folder: Path, files: int) -> None:
    """The shipped example, and other files up to the number, in one commit."""
    for part in EXAMPLE:
        copy = shutil.copytree if (TOP / part).is_dir() else shutil.copyfile
        folder.mkdir(parents=True, exist_ok=True)
        copy(TOP / part, folder / part)
    present = sum(1 for path in folder.rglob("*") if path.is_file())
    for number in range(files - present):
        path = folder / f"library/part_{number // 100:03}/file_{number:05}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"text: {number * 7919 % 99991} words of an example\n" * 12)
    git(folder.parent, "init", "-q", "-b", "main", str(folder))
    for key, value in {"user.name": "Ada", "user.email": "ada@example.org", "gc.auto": "0"}.items():
        git(folder, "config", key, value)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")


def approve_fixes(desk: Desk, count: int) -> Edits:
    """Hints that teach a leaf three texts each, approved; with what their branches will hold."""
    ground = desk.ground("ada@example.org")
    leaves = sorted(path.stem for path in (desk.folder / "plan_trees").glob("*.yaml"))
    hints = [hint_of(leaves[number % len(leaves)], number) for number in range(count)]
    events = [ground.event("proposed", hint, digest=hint.digest) for hint in hints]
    events += [ground.event("approved", hint, digest=hint.digest) for hint in hints]
    ground.record(events, "hints to apply", hints=hints)
    base = desk.tree("main")
    return [(hint.id, {path: data or b"" for path, data in rebuild(base, hint).items()}) for hint in hints]


def hint_of(leaf: str, number: int) -> Hint:
    """One fix: examples and a case."""
    texts = [
        f"a text that nobody has sent yet, number {number} of {part}" for part in ("one", "two", "three")
    ]
    return Hint(
        step="intent",
        kind="add_example",
        target=f"workspace/examples/{leaf}.jsonl",
        summary=f"Teach {leaf} three examples ({number})",
        evidence=(f"fb-{number:016x}",),
        operations=tuple(Operation("add_example", {"leaf": leaf, "text": text}) for text in texts),
        cases=({"suite": "intent", "text": f"a case of its own, number {number}", "expect": leaf},),
    ).named_cases()


def timed(way: Callable[[Path, Edits], None], folder: Path, edits: Edits) -> float:
    """Seconds one way takes in a fresh copy, checked afterwards."""
    copy = folder / "copy"
    # Neither way may touch the work tree, so it need not be there.
    shutil.copytree(folder / "origin/.git", copy / ".git")
    start = time.perf_counter()
    way(copy, edits)
    took = time.perf_counter() - start
    for hint_id, files in edits:
        changed = git(copy, "diff-tree", "-r", "--name-only", "main", f"fixloop/fix/{hint_id}").splitlines()
        assert changed == sorted(files), (changed, sorted(files))
    shutil.rmtree(copy)
    return took


def ours(folder: Path, edits: Edits) -> None:
    """The whole command in a fresh process."""
    command = [sys.executable, "-m", "fixloop", "apply", "--approved", "--json", "--repo", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def bare(folder: Path, edits: Edits) -> None:
    """One private index a branch."""
    main = git(folder, "rev-parse", "main")
    for number, (hint_id, files) in enumerate(edits):
        index = {"GIT_INDEX_FILE": str(folder / ".git" / f"index-{number}")}
        git(folder, "read-tree", main, env=index)
        blobs = git(folder, "hash-object", "-w", "--", *written(folder / ".git", files)).splitlines()
        lines = [f"100644 {blob}\t{path}" for blob, path in zip(blobs, files, strict=True)]
        git(folder, "update-index", "--add", "--index-info", data="\n".join([*lines, ""]).encode(), env=index)
        tree = git(folder, "write-tree", env=index)
        commit = git(folder, "commit-tree", tree, "-p", main, "-m", f"fix {number}")
        git(folder, "update-ref", f"refs/heads/fixloop/fix/{hint_id}", commit, "0" * 40)


def written(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """The new contents as files, so one process can hash them all."""
    paths = [folder / f"new-{turn}" for turn in range(len(files))]
    for path, data in zip(paths, files.values(), strict=True):
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
