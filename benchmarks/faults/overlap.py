"""Whether a tuning voice shares a phrase with the reporting one: `python benchmarks/faults/overlap.py`."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent


def phrases(path: Path) -> set[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = [cell for line in lines if line and not line.startswith("#") for cell in line.split(" | ")[1:]]
    return {part.strip().casefold() for cell in cells for part in cell.split(" / ")} - {"en", "de", ""}


def main() -> int:
    shared = 0
    folders = (HERE / "words", HERE / "sentences", HERE.parent / "loop_sentences")
    for tune in sorted(path for folder in folders for path in folder.glob("*tune*.txt")):
        report = tune.with_name(re.sub(r"tune(_\w)?", "report", tune.name))
        both = phrases(tune) & phrases(report)
        shared += len(both)
        print(f"{tune.name}: {len(phrases(tune))} and {len(phrases(report))} phrases, {len(both)} in both")
        for one in sorted(both):
            print(f"  {one}")
    return 1 if shared else 0


if __name__ == "__main__":
    raise SystemExit(main())
