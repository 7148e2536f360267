"""A store of derived bytes, keyed by content: losing it costs time and never changes a result."""

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
