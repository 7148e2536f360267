"""The intent engine on BANKING77 (Casanueva et al., 2020), flat: `python benchmarks/banking77.py DATA`.

DATA holds banking77/train.jsonl, a line a text: {"text", "intent"}, and test.jsonl or nothing: then a
fifth of the training texts, by digest, is held back. Source:
PolyAI-LDN/task-specific-datasets, CC BY 4.0.
"""

from __future__ import annotations

import sys
from pathlib import Path

from labelled import built, load_labelled, missing_data, print_quality, timed

FIFTH = 5


def main() -> int:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if data is None or missing_data(data, "banking77"):
        print("skipped: give the folder that holds banking77/train.jsonl")
        return 0
    train = load_labelled(data / "banking77" / "train.jsonl")
    test = data / "banking77" / "test.jsonl"
    rows = load_labelled(test) if test.is_file() else [row for row in train if row.fold(FIFTH) == 0]
    if not test.is_file():
        train = [row for row in train if row.fold(FIFTH) != 0]
    model, thresholds = built(train)
    answers = timed(f"classify {len(rows):,} texts", lambda: model.classify([row.text for row in rows]))
    part = "test" if test.is_file() else "a fifth of train"
    print(f"BANKING77, {part}, root threshold {thresholds['root']:.2f}")
    print_quality(rows, answers)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
