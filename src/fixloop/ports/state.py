"""The record fixloop keeps beside the main branch: files are added, never edited."""

from collections.abc import Mapping
from typing import Protocol


class Record(Protocol):
    """The files of the record, or of a part of it, to read."""

    def read(self, *prefixes: str) -> Mapping[str, bytes]:
        """Every file, or those below some prefixes, in path order; none where the branch is not there yet."""
        ...


class StateStore(Record, Protocol):
    """The branch `fixloop/state`, read as paths to bytes and grown by compare-and-swap."""

    def paths(self, prefix: str = "") -> frozenset[str]:
        """The paths below a prefix, without reading them."""
        ...

    def add(self, files: Mapping[str, bytes], message: str) -> None:
        """Add files in one commit, retrying when another process was first.

        A path that is there already with the same bytes is left alone; with other bytes it is our bug
        (ids come from content), and raises FixloopError.
        """
        ...
