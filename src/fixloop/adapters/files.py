"""Writing a file whole or not at all."""

import contextlib
import os
import secrets
import stat
from pathlib import Path


def write_atomically(path: Path, data: bytes, mode: int | None = None) -> None:
    """Replace a file in one step that survives a crash.

    Without `mode` a file keeps the mode it has, and a new one gets what the umask leaves. A link is
    replaced, not followed.
    """
    mode = _mode_of(path) if mode is None else mode
    beside = path.with_name(f".fixloop-{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode or 0o666), "wb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        # Still there only where something went wrong, Ctrl-C included.
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _mode_of(path: Path) -> int | None:
    try:
        about = path.lstat()
    except FileNotFoundError:
        return None
    return stat.S_IMODE(about.st_mode) if stat.S_ISREG(about.st_mode) else None
