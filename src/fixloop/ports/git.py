"""What fixloop asks of git: read trees, build commits from objects, move refs by compare-and-swap."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

NO_OBJECT = "0" * 40
"""The object id that stands for "this ref does not exist" in a compare-and-swap."""


class Entry(NamedTuple):
    """One path of a tree: file mode as git writes it ("100644", "120000", "160000") and object id."""

    mode: str
    oid: str


class NewCommit(NamedTuple):
    """A commit to build without a checkout: `edits` maps a path to its new bytes, or None to delete it.

    `branch` (full ref name) is created or moved from `expect` (NO_OBJECT: must not exist; None: whatever
    it is now). `parent` may be NO_OBJECT for a root commit.
    """

    branch: str
    parent: str
    edits: Mapping[str, bytes | None]
    message: str
    expect: str | None = NO_OBJECT


class RefChange(NamedTuple):
    """Move `ref` from `old` to `new`; NO_OBJECT as old: must not exist, as new: delete."""

    ref: str
    old: str
    new: str


class MergeResult(NamedTuple):
    """The tree two commits merge to; `conflicts` names the paths git could not merge (then tree is "")."""

    tree: str
    conflicts: tuple[str, ...]


class WorkTree(NamedTuple):
    """A checkout: its folder and the full name of the branch it has out (None when detached or bare)."""

    path: Path
    branch: str | None


class Repository(Protocol):
    """A git repository, seen without touching HEAD, index or work tree unless a method says so."""

    @property
    def common_dir(self) -> Path:
        """The git directory all worktrees share; fixloop's caches, lock and key live in its `fixloop/`."""
        ...

    @property
    def top(self) -> Path | None:
        """The top folder of the work tree fixloop was called in; None in a bare repository."""
        ...

    def resolve(self, ref: str) -> str | None:
        """The commit id `ref` names, or None."""
        ...

    def resolve_each(self, refs: Sequence[str]) -> Sequence[str | None]:
        """As `resolve`, of several refs in one question."""
        ...

    def tree_of(self, commit: str) -> str:
        """The tree id of a commit (or the id itself, given a tree)."""
        ...

    def list_tree(self, tree_ish: str, prefixes: Sequence[str] = ()) -> Mapping[str, Entry]:
        """Every path below `prefixes` (all when empty) in path order."""
        ...

    def read_blobs(self, oids: Iterable[str]) -> Mapping[str, bytes]:
        """The bytes of many blobs in one pass."""
        ...

    def commit(self, commits: Sequence[NewCommit]) -> Sequence[str]:
        """Build commits from objects, in order, and move their branches; ids in the same order.

        Raises:
            RefMoved: a branch was not at `expect`; then no branch has moved.
        """
        ...

    def write_tree(self, base_tree: str, edits: Mapping[str, bytes | None]) -> str:
        """The id of a tree (NO_OBJECT: the empty one) with edits laid over it; no commit, no ref."""
        ...

    def commit_tree(self, tree: str, parents: Sequence[str], message: str) -> str:
        """The id of a new commit of exactly this tree; no ref moves."""
        ...

    def move_refs(self, changes: Sequence[RefChange]) -> None:
        """Move refs together by compare-and-swap.

        Raises:
            RefMoved: one was not where `old` says; then none has moved.
        """
        ...

    def merge(self, base: str, head: str) -> MergeResult:
        """The tree that merging head into base would give, without a checkout."""
        ...

    def merge_base(self, a: str, b: str) -> str | None:
        """The best common ancestor, or None for unrelated histories."""
        ...

    def changed_paths(self, a: str, b: str) -> Mapping[str, tuple[Entry | None, Entry | None]]:
        """Path to (entry in a, entry in b) where the two trees differ; renames are not guessed."""
        ...

    def history(self, ref: str, limit: int) -> Sequence[tuple[str, str]]:
        """(commit id, subject) along first parents, newest first."""
        ...

    def changes(self, ref: str, limit: int, prefixes: Sequence[str] = ()) -> Sequence[frozenset[str]]:
        """The paths below `prefixes` that each of the newest commits changed against its first parent.

        Newest first, a commit that changed none of them an empty set; a root commit, which only begins, is
        left out.
        """
        ...

    def branches(self, prefix: str) -> Mapping[str, str]:
        """Full ref name to commit id for refs below a prefix such as `refs/heads/fixloop/fix/`."""
        ...

    def head_branch(self) -> str | None:
        """The full name of the branch HEAD points at, or None when detached."""
        ...

    def who(self) -> str:
        """The `user.email` git would commit with, or "" when none is set."""
        ...

    def config(self, key: str) -> str | None:
        """One value of git's configuration."""
        ...

    def work_trees(self) -> Sequence[WorkTree]:
        """Every checkout of this repository, this one included."""
        ...

    def blocked_paths(self, tree: WorkTree, old: str, new: str) -> Sequence[str]:
        """Paths that differ between the commits and carry local changes in that checkout.

        A path that a carried, then interrupted, run has already brought to `new` is not blocked.
        """
        ...

    def carry_checkout(self, tree: WorkTree, old: str, new: str) -> None:
        """Update index and files of the paths that changed between two commits (two-tree read-tree -m -u).

        Carry first, move the branch after: a crash between the two leaves the fix as a staged change, and the
        next run finishes it. Carrying from `new` back to `old` undoes it when the branch could not be moved.

        Raises:
            BadInput: a local change is in the way; nothing has moved.
        """
        ...
