"""A git tree as a snapshot: listed once, its files read in one pass when the second of them is asked for."""

from collections.abc import Mapping

from fixloop.ports.git import Entry, Repository
from fixloop.workspace.snapshot import GOVERNED, is_governed

_FILES = {"100644", "100755"}


class GitSnapshot:
    """The governed files of one tree; a link or submodule is named in `odd_modes` and never read.

    `known` holds blobs by id; snapshots that share it read what they have in common once.
    """

    def __init__(self, repo: Repository, tree_ish: str, known: dict[str, bytes] | None = None) -> None:
        listed = repo.list_tree(tree_ish, [name.rstrip("/") for name in GOVERNED])
        self._repo = repo
        self._known = {} if known is None else known
        self._asked: set[bool] = set()
        self._entries = {path: entry for path, entry in listed.items() if _is_readable(path, entry)}
        self.odd_modes: Mapping[str, str] = {
            path: entry.mode for path, entry in listed.items() if path not in self._entries
        }

    def paths(self) -> list[str]:
        """Every governed path, sorted."""
        return list(self._entries)

    def blob(self, path: str) -> str | None:
        """The blob id at a path, or None; reads nothing."""
        entry = self._entries.get(path)
        return entry.oid if entry else None

    def read(self, path: str) -> bytes | None:
        """The bytes at a path, or None; the second read of a group reads all of it.

        A gate of one plan tree reads one file of each side, and those of a workspace hold all its records.
        """
        entry = self._entries.get(path)
        if entry is None:
            return None
        if entry.oid not in self._known:
            self._read_group(_group(path), entry.oid)
        return self._known[entry.oid]

    def _read_group(self, group: bool, first: str) -> None:
        wanted = [first]
        if group in self._asked:
            wanted = [entry.oid for path, entry in self._entries.items() if _group(path) is group]
        self._asked.add(group)
        self._known.update(self._repo.read_blobs([oid for oid in wanted if oid not in self._known]))


class TreeReader:
    """Snapshots of many trees of one repository that share what they have read, and are listed once each."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._known: dict[str, bytes] = {}
        self._snapshots: dict[str, GitSnapshot] = {}

    def __call__(self, tree_ish: str) -> GitSnapshot:
        """The snapshot of a commit or tree."""
        tree = self._repo.tree_of(tree_ish)
        if tree not in self._snapshots:
            self._snapshots[tree] = GitSnapshot(self._repo, tree, self._known)
        return self._snapshots[tree]


def _group(path: str) -> bool:
    """Cases are one group, what they judge is the other: `run` never needs the cases."""
    return path.startswith("evals/")


def _is_readable(path: str, entry: Entry) -> bool:
    # A name that is not UTF-8 has no place in our files; the gate refuses it like a link.
    return entry.mode in _FILES and is_governed(path) and _is_text(path)


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
