"""Whole processes, timed as users have them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Ended(NamedTuple):
    """A process that has ended: its seconds from start to end, and what it printed."""

    seconds: float
    out: str
    err: str


def python(arguments: Sequence[str], folder: Path) -> Ended:
    """Run this Python in a folder whose modules it can import.

    Raises:
        SystemExit: it printed nothing.
    """
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment(folder), capture_output=True, text=True
    )
    seconds = time.perf_counter() - start
    if not done.stdout:
        raise SystemExit(done.stderr)
    return Ended(seconds, done.stdout, done.stderr)


def environment(folder: Path) -> dict[str, str]:
    """A user's: bytecode is kept, and output is buffered. Where it is not, Python mostly compiles modules."""
    kept = {name: value for name, value in os.environ.items() if name not in _UNUSUAL}
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    return {**kept, "PYTHONPATH": path, "PYTHONPYCACHEPREFIX": str(folder / ".bytecode")}


_UNUSUAL = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
