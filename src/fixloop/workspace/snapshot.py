"""An immutable mapping from path to bytes: a work tree, a git tree, or a snapshot with edits over it."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

GOVERNED = ("fixloop.yaml", "workspace/", "plan_trees/", "evals/")
"""What fixloop reads of a repository; every other path is neutral."""


def is_governed(path: str) -> bool:
    """Whether fixloop reads this path at all."""
    return path.startswith(GOVERNED[1:]) or path == GOVERNED[0]


def blob_id(data: bytes) -> str:
    """The id git gives these bytes, so a file has one name in a work tree, a git tree and an overlay."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


class Snapshot(Protocol):
    """Paths and bytes at one moment; reading twice gives the same answer."""

    def paths(self) -> Iterable[str]:
        """Every governed path, sorted."""
        ...

    def read(self, path: str) -> bytes | None:
        """The bytes at a path, or None."""
        ...

    def blob(self, path: str) -> str | None:
        """The git blob id of the bytes at a path, or None."""
        ...


class TreeSnapshot(Snapshot, Protocol):
    """The snapshot of a git tree, which may hold what is no plain file."""

    @property
    def odd_modes(self) -> Mapping[str, str]:
        """Path to git's file mode for links and submodules below governed paths; they are never read."""
        ...


@dataclass(frozen=True, slots=True)
class MemorySnapshot:
    """A snapshot of plain bytes: what tests build, and what a work tree is read into."""

    files: Mapping[str, bytes]
    _blobs: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def paths(self) -> list[str]:
        """Every path, sorted."""
        return sorted(self.files)

    def read(self, path: str) -> bytes | None:
        """The bytes at a path, or None."""
        return self.files.get(path)

    def blob(self, path: str) -> str | None:
        """The git blob id, computed once."""
        if path not in self._blobs and path in self.files:
            self._blobs[path] = blob_id(self.files[path])
        return self._blobs.get(path)


@dataclass(frozen=True, slots=True)
class Overlay:
    """Another snapshot with edits laid over it: new bytes, or None where a file is gone."""

    base: Snapshot
    edits: Mapping[str, bytes | None]

    def paths(self) -> list[str]:
        """Every path that is left, sorted."""
        kept = {path for path in self.base.paths() if self.edits.get(path, b"") is not None}
        return sorted(kept | {path for path, data in self.edits.items() if data is not None})

    def read(self, path: str) -> bytes | None:
        """The edited bytes, or the base's."""
        return self.edits[path] if path in self.edits else self.base.read(path)

    def blob(self, path: str) -> str | None:
        """The blob id of the edited bytes, or the base's."""
        if path not in self.edits:
            return self.base.blob(path)
        data = self.edits[path]
        return None if data is None else blob_id(data)


def below(snapshot: Snapshot, folder: str) -> Iterator[str]:
    """The snapshot's paths inside a folder, sorted."""
    prefix = folder.rstrip("/") + "/"
    return (path for path in snapshot.paths() if path.startswith(prefix))


def digest_of(snapshot: Snapshot, prefixes: Iterable[str] = GOVERNED) -> str:
    """One id for the content of all paths below the prefixes: equal content, equal id, on any machine."""
    wanted = tuple(prefixes)
    lines = (f"{path}\0{snapshot.blob(path)}\n" for path in snapshot.paths() if path.startswith(wanted))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
