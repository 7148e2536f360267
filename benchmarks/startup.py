"""What it costs to say `fixloop --help` and `--version`, beside importing Typer alone.

    python benchmarks/startup.py [--runs 15]

Whole processes in turns, so that a slow moment of the machine hits all of them; the median ratio counts.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

TARGET = 1.5
OURS = {
    "fixloop --help": ["-m", "fixloop", "--help"],
    "fixloop --version": ["-m", "fixloop", "--version"],
    "fixloop run --help": ["-m", "fixloop", "run", "--help"],
}
TYPER = ["-c", "import typer"]
# A user's Python keeps bytecode; compiling modules would be most of what is measured.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds(arguments: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, env=ENVIRONMENT, check=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    given = parser.parse_args()
    for arguments in (TYPER, *OURS.values()):
        seconds(arguments)
    rounds = [(seconds(TYPER), *map(seconds, OURS.values())) for _ in range(given.runs)]
    typer, *ours = ([one[at] for one in rounds] for at in range(1 + len(OURS)))
    print(f"{'import typer':20} {1e3 * statistics.median(typer):6.0f} ms")
    for name, spent in zip(OURS, ours, strict=True):
        ratio = statistics.median(one / base for one, base in zip(spent, typer, strict=True))
        kept = "ok" if ratio <= TARGET else f"above {TARGET}"
        print(f"{name:20} {1e3 * statistics.median(spent):6.0f} ms  {ratio:.2f} times  {kept}")


if __name__ == "__main__":
    main()
