"""One writing run at a time in a repository, whatever becomes of the run before it."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from fixloop.adapters.files import write_atomically
from fixloop.errors import AnotherRunHoldsTheLock, EnvironmentLacks


@contextlib.contextmanager
def run_lock(common_dir: Path) -> Iterator[None]:
    """Hold the repository's lock; the kernel frees it when the process ends, even by `kill -9`.

    Raises:
        AnotherRunHoldsTheLock: another run has it; nothing is waited for.
    """
    from filelock import FileLock, Timeout

    folder = common_dir / "fixloop"
    holder = folder / "lock.pid"
    lock = FileLock(folder / "lock", timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise _held_by(_pid_in(holder)) from error
    except OSError as error:
        raise EnvironmentLacks(f"cannot lock the repository: {error.strerror} ({folder})") from error
    try:
        write_atomically(holder, b"%d\n" % os.getpid())
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _pid_in(holder: Path) -> int | None:
    try:
        return int(holder.read_bytes())
    except (OSError, ValueError):
        return None


def _held_by(pid: int | None) -> AnotherRunHoldsTheLock:
    who = f"process {pid}" if pid else "a process that is just starting"
    return AnotherRunHoldsTheLock(
        f"another fixloop run is at work in this repository ({who})",
        mend="run the command again when it has ended",
    )
