"""What fixloop asks of a record source that is no file of the workspace: sqlite, http, a test's fake."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol


class RecordSource(Protocol):
    """The rows of one declared source.

    `path` is a column, or a dotted path into one that may go through lists (`holders.given_name`). Keys are
    normalised as `pipeline.rows.KEYS` does it for a signal's `compare`; an answer with too many rows is
    harmless, since every row is matched again.
    """

    def rows_matching(
        self, path: str, keys: Collection[str], compare: str = "text"
    ) -> Sequence[Mapping[str, Any]]:
        """The rows with a value at the path whose key is among the keys, in a stable order."""
        ...

    def rows_with_ids(self, ids: Collection[str]) -> Sequence[Mapping[str, Any]]:
        """The rows whose id column, as text, is among the ids, in a stable order."""
        ...

    def values_at(self, path: str) -> Iterable[str]:
        """Every text at the path: what a vocabulary is built from."""
        ...
