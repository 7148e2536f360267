"""What names the code that made a kept value: a changed line anywhere in it makes everything anew."""

import hashlib
import sys
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def code_digest(*rooms: str) -> str:
    """One id for the source of some rooms of fixloop, by content, and the Python that runs it."""
    found = hashlib.sha256(sys.version.encode())
    for room in rooms:
        for file in sorted((_PACKAGE / room).rglob("*.py")):
            found.update(f"\0{file.relative_to(_PACKAGE).as_posix()}\0".encode())
            found.update(file.read_bytes())
    return found.hexdigest()[:16]
