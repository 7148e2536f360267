"""What commands that only read a workspace need: no record, no lock, and no git unless a ref is named."""

from collections.abc import Callable
from dataclasses import dataclass

from fixloop.ports.cache import Cache
from fixloop.workspace.snapshot import Snapshot

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Shelf:
    """The workspaces of one repository, to read.

    `work_tree` reads the governed files on disk, `tree` those of a ref; `name` says which workspace the
    snapshot of a ref (or of the work tree) is: its commit, where one holds exactly these files.
    """

    work_tree: Callable[[], Snapshot]
    tree: Callable[[str], Snapshot]
    name: Callable[[str | None, Snapshot], str]
    cache: Cache
    progress: Progress = lambda _: None

    def snapshot(self, ref: str | None) -> Snapshot:
        """The files of a ref, or the work tree's."""
        return self.work_tree() if ref is None else self.tree(ref)
