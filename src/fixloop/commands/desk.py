"""The outside as commands see it: everything a command may use, behind ports, put together by `wiring`."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from fixloop.errors import EnvironmentLacks
from fixloop.ports.cache import Cache
from fixloop.ports.clock import Clock
from fixloop.ports.git import Repository
from fixloop.ports.held_out import HeldOut
from fixloop.ports.state import StateStore
from fixloop.queue.ground import Ground
from fixloop.workspace.snapshot import Snapshot, TreeSnapshot

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Desk:
    """Ports of one repository.

    `work_tree` reads the governed files on disk; `tree` those of a commit or tree; `lock` is held by runs
    that write; `key` gives the local secret that surrogates are drawn with; `write` puts a file with a mode
    into a folder of the user's, whole or not at all; `progress` says what is going on; `held_out` finds the
    held-out set, named or configured.
    """

    folder: Path
    repo: Repository
    state: StateStore
    cache: Cache
    clock: Clock
    tree: Callable[[str], TreeSnapshot]
    engines: Callable[[str], None]
    work_tree: Callable[[], Snapshot]
    lock: Callable[[], AbstractContextManager[object]]
    key: Callable[[], bytes]
    write: Callable[[Path, bytes, int | None], None]
    progress: Progress = lambda _: None
    held_out: Callable[[str | None], HeldOut | None] = lambda _: None

    def base(self, commit: str) -> TreeSnapshot:
        """The snapshot of a base: its own engines are the ones that answer from now on."""
        self.engines(commit)
        return self.tree(commit)

    def ground(self, who: str | None = None, held_out: HeldOut | None = None) -> Ground:
        """What the queue stands on; `who` acts, git's `user.email` unless named; `held_out` is asked."""
        return self._ground(who or self.repo.who(), held_out)

    def onlooker(self, held_out: HeldOut | None = None) -> Ground:
        """As `ground`, for a run that records nothing: nobody acts in it, and git is not asked for a name."""
        return self._ground("", held_out)

    def _ground(self, who: str, held_out: HeldOut | None) -> Ground:
        return Ground(self.repo, self.state, self.cache, self.clock, self.tree, self.engines, who, held_out)

    def person(self, who: str | None) -> str:
        """Who decides: named, or git's `user.email`.

        Raises:
            EnvironmentLacks: nobody is named and git knows nobody.
        """
        found = (who or "").strip() or self.repo.who()
        if not found:
            raise EnvironmentLacks(
                "a decision needs a person, and git knows no user.email",
                mend="--as NAME, or git config user.email",
            )
        return found
