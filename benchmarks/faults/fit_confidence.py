"""Fit how sure hints say they are: `python benchmarks/faults/fit_confidence.py OUT.json …`.

OUT.json are files of `--out` of the tuning half, made while `propose/offer/stated.py` changed nothing (NAMED
and ASKED both (0, 1)). Prints the pairs for `stated.py`, and the calibration error as it is with questions
held at their most, with the pairs fitted without a fault's fold, and with those in `stated.py`.
"""

from __future__ import annotations

import json
import sys
from math import log
from pathlib import Path
from typing import NamedTuple

from draws import draw
from figures import calibration_error
from sklearn.linear_model import LogisticRegression

from fixloop.propose.offer.question import MOST_SURE
from fixloop.propose.offer.stated import ASKED, NAMED, SUREST, mapped

FOLDS = 5
PAIRS = {"named": NAMED, "asked": ASKED}
Pair = tuple[float, float]


class Said(NamedTuple):
    """One rejection's first hint: what it was stated as, and whether it was right."""

    fold: int
    verdict: str
    confidence: float
    right: bool


def read(path: Path) -> list[Said]:
    outcomes = json.loads(path.read_text(encoding="utf-8"))["outcomes"]
    rows = [(one["fault"], row) for one in outcomes for row in one["rejections"]]
    return [
        Said(
            draw(FOLDS, "confidence", fault),
            row["verdict"],
            min(MOST_SURE, row["confidence"]) if row["verdict"] == "asked" else row["confidence"],
            row["target_right"],
        )
        for fault, row in rows
        if row["confidence"] is not None and row["truth"] != "second"
    ]


def fit(said: list[Said]) -> dict[str, Pair]:
    """The pair of each verdict that has one."""
    found = {}
    for verdict in PAIRS:
        own = [one for one in said if one.verdict == verdict]
        inside = [min(1 - SUREST, max(SUREST, one.confidence)) for one in own]
        model = LogisticRegression(C=3.0).fit(
            [[log(p / (1 - p))] for p in inside], [one.right for one in own]
        )
        found[verdict] = (round(float(model.intercept_[0]), 2), round(float(model.coef_[0][0]), 2))
    return found


def after(one: Said, pairs: dict[str, Pair]) -> tuple[float, bool]:
    pair = pairs.get(one.verdict)
    return (mapped(one.confidence, *pair) if pair else one.confidence), one.right


def main() -> int:
    said = [one for name in sys.argv[1:] for one in read(Path(name))]
    if not said:
        print("no file of --out was given")
        return 2
    crossed = [fit([one for one in said if one.fold != fold]) for fold in range(FOLDS)]
    print("fitted", fit(said))
    print("as it is", calibration_error([(one.confidence, one.right) for one in said]))
    print("fitted without the fold", calibration_error([after(one, crossed[one.fold]) for one in said]))
    print("as in stated.py", calibration_error([after(one, PAIRS) for one in said]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
