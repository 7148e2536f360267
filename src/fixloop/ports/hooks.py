"""What fixloop asks of the folder git looks for hooks in, and of the list of protected branches."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


class HookFolder(Protocol):
    """The hooks of one repository, wherever its configuration puts them."""

    @property
    def path(self) -> Path:
        """The folder; it need not be there yet."""
        ...

    @property
    def is_own(self) -> bool:
        """Whether the folder lies in the git directory, where no other repository and no commit sees it."""
        ...

    def read(self, name: str) -> bytes | None:
        """The bytes of a file in the folder, or None; a link that leads nowhere is empty."""
        ...

    def write(self, name: str, script: bytes) -> None:
        """Put an executable file there, whole or not at all."""
        ...

    def rename(self, name: str, to: str) -> None:
        """Give a file another name, in the place of what has that name."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        ...

    def protected(self) -> Sequence[str]:
        """Full names of the branches that may not move unjudged."""
        ...

    def protect(self, refs: Sequence[str]) -> None:
        """Make these, and no others, the protected branches of this repository."""
        ...

    def check_objects(self) -> None:
        """Let git refuse trees and commits that no git would write, unless somebody has decided already."""
        ...

    def hear_options(self) -> None:
        """Let this repository take push options, by which a person says why."""
        ...
