"""The machine's clock."""

from datetime import UTC, datetime


class SystemClock:
    """Answers `ports.clock.Clock`."""

    def now(self) -> str:
        """The present moment as RFC 3339 in UTC, whole seconds."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
