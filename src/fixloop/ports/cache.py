"""A store of derived bytes, keyed by content: losing it costs time and never changes a result."""

from collections import OrderedDict
from typing import Protocol


class Cache(Protocol):
    """Keeps what was computed under a digest of all it was computed from."""

    def load(self, kind: str, key: str) -> bytes | None:
        """The bytes saved under (kind, key), or None; a damaged entry counts as absent."""
        ...

    def save(self, kind: str, key: str, data: bytes) -> None:
        """Keep bytes under (kind, key); written whole or not at all, never raises for a full disk."""
        ...


class NoCache:
    """Remembers nothing: the cold run that every warm run must equal."""

    def load(self, kind: str, key: str) -> bytes | None:
        """Nothing is ever found."""
        return None

    def save(self, kind: str, key: str, data: bytes) -> None:
        """Nothing is kept."""


class ReadOnly:
    """What another cache has, and nothing more: for places that may not write."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def load(self, kind: str, key: str) -> bytes | None:
        """What the other cache has."""
        return self._cache.load(kind, key)

    def save(self, kind: str, key: str, data: bytes) -> None:
        """Nothing is kept."""


class Drafts:
    """Another cache for what is tried in great number, and dropped but for a few.

    What was lately asked of it is at hand, and is not read again. It is no place for a whole that its parts
    give again: most of what would be written is never asked for.
    """

    def __init__(self, cache: Cache, max_bytes: int = 64 * 1024**2) -> None:
        self._cache = cache
        self._max_bytes = max_bytes
        self._size = 0
        self._lately: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def load(self, kind: str, key: str) -> bytes | None:
        """What is at hand, else what the other cache has."""
        data = self._lately.pop((kind, key), None)
        if data is None:
            data = self._cache.load(kind, key)
        else:
            self._size -= len(data)
        if data is not None:
            self._keep(kind, key, data)
        return data

    def save(self, kind: str, key: str, data: bytes) -> None:
        """Keep bytes at hand and in the other cache."""
        self._cache.save(kind, key, data)
        self._size -= len(self._lately.pop((kind, key), b""))
        self._keep(kind, key, data)

    def _keep(self, kind: str, key: str, data: bytes) -> None:
        self._lately[kind, key] = data
        self._size += len(data)
        while self._size > self._max_bytes:
            _, gone = self._lately.popitem(last=False)
            self._size -= len(gone)
