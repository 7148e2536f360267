"""Finding the checkout a folder lies in without starting git: reading a work tree needs nothing more."""

from pathlib import Path
from typing import NamedTuple

# Settings that make the answer depend on more than where `.git` lies; git itself is asked then.
_FOR_GIT = (b"worktree", b"bare = true", b"objectformat")


class Checkout(NamedTuple):
    """The top folder of a work tree, the git directory all worktrees share, and this one's own."""

    top: Path
    common_dir: Path
    git_dir: Path


def find_checkout(folder: Path) -> Checkout | None:
    """The checkout around a folder, or None where only git can tell (or there is none)."""
    here = folder.resolve()
    if not here.is_dir():
        return None
    for top in (here, *here.parents):
        marker = top / ".git"
        if marker.is_dir():
            return _plain(top, marker)
        if marker.is_file():
            return _linked(top, marker)
    return None


def _plain(top: Path, git_dir: Path) -> Checkout | None:
    try:
        config = (git_dir / "config").read_bytes().lower()
    except OSError:
        return None
    simple = (git_dir / "HEAD").is_file() and not any(word in config for word in _FOR_GIT)
    return Checkout(top, git_dir, git_dir) if simple else None


def _linked(top: Path, marker: Path) -> Checkout | None:
    """A linked worktree: `.git` names its own directory, which names the shared one in `commondir`."""
    try:
        git_dir = top / marker.read_text().removeprefix("gitdir:").strip()
        common = (git_dir / (git_dir / "commondir").read_text().strip()).resolve()
    except (OSError, UnicodeDecodeError):
        return None
    return Checkout(top, common, git_dir) if _plain(top, common) else None
