"""What names the code that made a kept value: a changed line anywhere in it makes everything anew."""

import hashlib
import os
import sys
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def code_digest(*rooms: str) -> str:
    """One id for the source of some rooms of fixloop, by content, and the Python that runs it."""
    found = hashlib.sha256(sys.version.encode())
    for room in rooms:
        found.update(_room_digest(room))
    return found.hexdigest()[:16]


@cache
def _room_digest(room: str) -> bytes:
    found = hashlib.sha256()
    for folder, below, names in os.walk(_PACKAGE / room):
        below.sort()
        for name in sorted(names):
            if name.endswith(".py"):
                path = Path(folder, name)
                found.update(f"\0{path.relative_to(_PACKAGE).as_posix()}\0".encode())
                found.update(path.read_bytes())
    return found.digest()
