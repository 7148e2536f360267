"""How much memory and time a million JSON Lines cases take: `fixloop eval` as a user runs it.

    python benchmarks/eval_large.py [--cases 1000000] [--suite intent]

The cases are spread over the leaves of the large generated workspace. Memory is the peak of the process; they
are written by another, for a process begins with the peak of the one that starts it.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from large_world import case_files, workspace_files, write_repository
from processes import environment


def prepare(root: Path, suite: str, cases: int) -> int:
    """The workspace with so many cases of one suite; how many bytes they have."""
    found = case_files({suite: cases})
    write_repository(root, {**workspace_files(), **found})
    return sum(map(len, found.values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--suite", default="intent")
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.prepare:
        print(prepare(given.prepare, given.suite, given.cases))
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        words = [__file__, "--prepare", folder, "--suite", given.suite, "--cases", str(given.cases)]
        size = int(subprocess.run([sys.executable, *words], check=True, stdout=subprocess.PIPE).stdout)
        env = environment(root)
        start = time.perf_counter()
        done = subprocess.Popen(
            [sys.executable, "-m", "fixloop", "eval", "--suite", given.suite, "--json"],
            cwd=root, env=env, stdout=(root / "out.json").open("wb"),
        )  # fmt: skip
        _, status, used = os.wait4(done.pid, 0)
        seconds = time.perf_counter() - start
        code = os.waitstatus_to_exitcode(status)
        assert code in (0, 1), code
        assert isinstance(used, resource.struct_rusage)
        print(f"cases          {given.cases:,} of suite {given.suite}, {size / 2**20:.0f} MiB")
        print(f"peak memory    {used.ru_maxrss / 1024:.0f} MiB")
        print(f"time           {seconds:.0f} s, {1e6 * seconds / given.cases:.0f} µs a case")


if __name__ == "__main__":
    main()
