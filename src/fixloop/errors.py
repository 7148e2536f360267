"""Everything fixloop says no with: one clear message, the place it is about, and what to do next."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a user's file something stands; line and column count from 1, 0 means the whole file."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.path
        return f"{self.path}:{self.line}:{self.column}" if self.column else f"{self.path}:{self.line}"


class FixloopError(Exception):
    """A user's mistake or a state of the world, told in one message; the command ends with `exit_code`."""

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, place: Place | None = None, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.mend = mend

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        mend = f"\n  → {self.mend}" if self.mend else ""
        return f"{where}{self.message}{mend}"


class BadInput(FixloopError):
    """A file, argument or reference that cannot be used as it stands."""


class EnvironmentLacks(FixloopError):
    """Something outside is missing: git, a held-out set, a network peer."""

    exit_code = 3


class AnotherRunHoldsTheLock(FixloopError):
    """A second fixloop run that writes is under way in this repository."""

    exit_code = 75


class RefMoved(FixloopError):
    """A compare-and-swap of a ref found another value than expected: somebody else was first."""

    exit_code = 1
