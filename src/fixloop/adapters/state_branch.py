"""The branch `fixloop/state`: a history of its own root that only ever gains files."""

import random
import time
from collections.abc import Iterator, Mapping

from fixloop.errors import BadInput, FixloopError, RefMoved
from fixloop.ports.git import NO_OBJECT, Entry, NewCommit, Repository
from fixloop.workspace.snapshot import blob_id

STATE_BRANCH = "refs/heads/fixloop/state"

_TRIES = 20
_LONGEST_WAIT = 0.4


class StateBranch:
    """Answers `ports.state.StateStore` on a git branch, without a checkout."""

    def __init__(self, repo: Repository, branch: str = STATE_BRANCH) -> None:
        self._repo = repo
        self._branch = branch
        self._listed: tuple[str, Mapping[str, Entry]] = (NO_OBJECT, {})

    def read(self, *prefixes: str) -> Mapping[str, bytes]:
        """Every file, or those below some prefixes, in path order; none where the branch is not there yet."""
        wanted = {path: entry.oid for path, entry in self._plain(prefixes or ("",))}
        data = self._repo.read_blobs(wanted.values())
        return {path: data[oid] for path, oid in wanted.items()}

    def paths(self, prefix: str = "") -> frozenset[str]:
        """The paths below a prefix, without reading them."""
        return frozenset(path for path in self._entries() if path.startswith(prefix))

    def add(self, files: Mapping[str, bytes], message: str) -> None:
        """Add files in one commit, retrying when another process was first.

        Raises:
            FixloopError: a path is there with other bytes.
            RefMoved: the branch moved on before every one of many tries.
        """
        for turn in range(_TRIES):
            try:
                return self._add_once(files, message)
            except RefMoved:
                if turn == _TRIES - 1:
                    raise
            # Drawn, so that processes that met once do not meet again.
            time.sleep(random.uniform(0, min(_LONGEST_WAIT, 0.02 * 1.5**turn)))
        return None

    def _add_once(self, files: Mapping[str, bytes], message: str) -> None:
        there = self._entries()
        tip = self._listed[0]
        new = {path: data for path, data in files.items() if not _is_there(there, path, data)}
        if new:
            self._repo.commit([NewCommit(self._branch, tip, new, message, expect=tip)])

    def _plain(self, prefixes: tuple[str, ...]) -> Iterator[tuple[str, Entry]]:
        for path, entry in self._entries().items():
            if path.startswith(prefixes):
                if not entry.mode.startswith("100"):
                    raise BadInput(f"the record holds {path}, which is no plain file", mend="fixloop log")
                yield path, entry

    def _entries(self) -> Mapping[str, Entry]:
        tip = self._repo.resolve(self._branch) or NO_OBJECT
        if tip != self._listed[0]:
            self._listed = (tip, {} if tip == NO_OBJECT else self._repo.list_tree(tip))
        return self._listed[1]


def _is_there(entries: Mapping[str, Entry], path: str, data: bytes) -> bool:
    if path not in entries:
        return False
    if entries[path].oid != blob_id(data):
        raise FixloopError(f"the record has {path} already, with other content")
    return True
