"""The local key that surrogates of personal values are drawn with; it never leaves this clone."""

import contextlib
import os
import re
import secrets
from pathlib import Path

from fixloop.errors import BadInput, Place

_KEY = re.compile(rb"([0-9a-f]{64})\n?")


def load_secret_key(common_dir: Path) -> bytes:
    """The 32 bytes in `fixloop/key` (64 hex digits, mode 600), made when absent.

    Raises:
        BadInput: the file is there and holds no key.
    """
    return load_key(common_dir / "fixloop" / "key")


def load_key(path: Path) -> bytes:
    """The 32 bytes in a key file (64 hex digits, mode 600), made when absent.

    Raises:
        BadInput: the file is there and holds no key.
    """
    if not path.exists():
        _create(path)
    found = _KEY.fullmatch(path.read_bytes())
    if not found:
        mend = "bring back the file from a copy; without it, remove it: a new key is made"
        raise BadInput("this is not a key of 64 hex digits", place=Place(str(path)), mend=mend)
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return bytes.fromhex(found[1].decode("ascii"))


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".key-{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_hex(32).encode("ascii") + b"\n")
            file.flush()
            os.fsync(file.fileno())
        # A link fails where a file is: of two processes one makes the key, and both then read the same.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(beside)
    finally:
        beside.unlink(missing_ok=True)
