"""The intent engine on CLINC150 (Larson et al., EMNLP 2019): `python benchmarks/clinc150.py DATA`.

DATA holds clinc150/train.jsonl and a part to ask (test.jsonl, else val.jsonl), a line a text:
{"text", "parent", "intent"}, parent and intent null for out of scope. Source: clinc/oos-eval, CC BY 3.0.
Every training text becomes an example; the threshold is chosen within them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from labelled import built, load_labelled, missing_data, print_quality, timed


def main() -> int:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if data is None or missing_data(data, "clinc150"):
        print("skipped: give the folder that holds clinc150/train.jsonl")
        return 0
    folder = data / "clinc150"
    asked = next((folder / name for name in ("test.jsonl", "val.jsonl") if (folder / name).is_file()), None)
    if asked is None:
        print("skipped: clinc150/ has neither test.jsonl nor val.jsonl")
        return 0
    train = load_labelled(folder / "train.jsonl")
    model, thresholds = built(train)
    rows = load_labelled(asked)
    answers = timed(f"classify {len(rows):,} texts", lambda: model.classify([row.text for row in rows]))
    print(f"CLINC150, {asked.stem}, root threshold {thresholds['root']:.2f}")
    print_quality(rows, answers)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
