"""Bringing a checkout along when its branch moves, without losing a byte of anybody's local work."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from fixloop.adapters.git_process import Git, GitRefused, split_nul
from fixloop.errors import BadInput
from fixloop.ports.git import NO_OBJECT, Entry, WorkTree

Changed = Mapping[str, tuple[Entry | None, Entry | None]]
_ALREADY_SHOWN = 10


def parse_work_trees(listing: str) -> list[WorkTree]:
    """The checkouts of a `worktree list --porcelain -z`, without bare entries and folders that are gone."""
    blocks = (dict(map(_keyword, block.split("\0"))) for block in listing.split("\0\0"))
    return [
        WorkTree(Path(block["worktree"]), block.get("branch"))
        for block in blocks
        if "worktree" in block and "bare" not in block and "prunable" not in block
    ]


def _keyword(line: str) -> tuple[str, str]:
    key, _, value = line.partition(" ")
    return key, value


def blocked_paths(git: Git, changed: Changed, old: str) -> list[str]:
    """The changed paths that carry local changes, or where something untracked lies in the way."""
    if not changed:
        return []
    staged = _staged(git, old)
    # What a carried, then interrupted, run left staged is the new version itself.
    carried = {path for path, entry in staged.items() if path in changed and entry == changed[path][1]}
    touched = (staged.keys() - carried) | _unstaged(git)
    added = [
        path for path, (before, after) in changed.items() if before is None and path not in carried and after
    ]
    tracked = staged.keys() | {path for path, (before, _) in changed.items() if before}
    return sorted({*(touched & changed.keys()), *_in_the_way(git.folder, added, tracked)})


def carry(git: Git, blocked: Sequence[str], old: str, new: str) -> None:
    """Take index and files from one commit to another; `blocked` was asked just before.

    Raises:
        BadInput: local changes are in the way, or git could not write the index.
    """
    if blocked:
        raise _in_use(git.folder, blocked)
    # read-tree trusts file times; a file that was only touched would stop it.
    git.ask("update-index", "-q", "--refresh")
    try:
        git.run("read-tree", "-m", "-u", old, new)
    except GitRefused as refused:
        raise _explained(git.folder, refused) from refused


def _staged(git: Git, old: str) -> dict[str, Entry | None]:
    """Paths whose index entry is not the one of `old`, with that entry."""
    raw = git.run("diff-index", "--cached", "-z", "--no-renames", "--raw", "--no-abbrev",
                  "--ignore-submodules", old, "--").out  # fmt: skip
    fields = split_nul(raw)
    return dict(zip(fields[1::2], map(_new_side, fields[::2]), strict=True))


def _new_side(facts: str) -> Entry | None:
    _, mode, _, oid, _ = facts.split(" ")
    return None if oid == NO_OBJECT else Entry(mode, oid)


def _unstaged(git: Git) -> set[str]:
    """Paths whose file is not the one in the index; `status` compares content where only the time differs."""
    raw = git.run("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=no",
                  "--ignore-submodules=all").out  # fmt: skip
    return {line[3:] for line in split_nul(raw) if line[1] != " "}


def _in_the_way(top: Path, added: Iterable[str], tracked: Iterable[str]) -> Iterator[str]:
    """Untracked files, even ignored ones, where the new commit brings a file: read-tree overwrites those."""
    known = frozenset(tracked)
    for path in added:
        for parent in reversed(PurePosixPath(path).parents[:-1]):
            if str(parent) not in known and _is_file(top / parent):
                yield str(parent)
        here = top / path
        if _is_file(here):
            if path not in known:
                yield path
        elif here.is_dir():
            yield from (found for found in _files_below(top, here) if found not in known)


def _is_file(path: Path) -> bool:
    return os.path.lexists(path) and (path.is_symlink() or not path.is_dir())


def _files_below(top: Path, folder: Path) -> Iterator[str]:
    for parent, _, names in os.walk(folder):
        yield from (str((Path(parent) / name).relative_to(top)) for name in names)


def _in_use(top: Path, blocked: Sequence[str]) -> BadInput:
    named = "".join(f"\n    {path}" for path in blocked[:_ALREADY_SHOWN])
    more = f"\n    … and {len(blocked) - _ALREADY_SHOWN} more" if len(blocked) > _ALREADY_SHOWN else ""
    return BadInput(
        f"local changes in {top} touch what would be merged:{named}{more}",
        mend="commit or put away (git stash) these files, then run the command again",
    )


def _explained(top: Path, refused: GitRefused) -> BadInput:
    if "index.lock" in refused.stderr:
        mend = f"wait for the other git process; if none is running, remove {top}'s index.lock"
        return BadInput(f"another git process is using the index of {top}", mend=mend)
    if "sparse" in refused.stderr.lower():
        mend = "git sparse-checkout disable, then run the command again"
        return BadInput(f"the sparse checkout at {top} could not be updated: {refused.message}", mend=mend)
    return BadInput(f"the checkout at {top} could not be updated: {refused.message}")
