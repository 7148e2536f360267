"""The only source of time: results never depend on it, the ledger names it."""

from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> str:
        """The present moment as RFC 3339 in UTC, whole seconds: `2026-11-20T09:12:00Z`."""
        ...
