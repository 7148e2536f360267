"""Fit the constants `TRUST` of the intent engine: `python benchmarks/fit_trust.py DATA` prints them.

They weigh the evidence that a text is of a known leaf at all. They are constants of the algorithm, not fitted
for each workspace, so an added example never costs a cross-validation and scores keep their meaning. They
come from training texts only, in three situations: CLINC150 in two levels, BANKING77 flat, and small
workspaces of 30 CLINC150 leaves with 15 examples. Unknown texts are those of leaves that the model never saw,
and CLINC150's own out-of-scope texts of other folds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from labelled import Labelled, load_labelled, missing_data
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from fixloop.pipeline.intent import fit_intent
from fixloop.pipeline.intent_model import TRUST

FOLDS = 5


@dataclass(frozen=True)
class Situation:
    """Answers of one model on texts it never saw: evidence [texts, 4], right or not, and whether known."""

    name: str
    evidence: NDArray[np.float64]
    right: NDArray[np.bool_]
    known: NDArray[np.bool_]


def situations(data: Path) -> Iterator[Situation]:
    clinc = load_labelled(data / "clinc150" / "train.jsonl")
    banking = load_labelled(data / "banking77" / "train.jsonl")
    for fold in range(FOLDS):
        yield observe("clinc150", clinc, fold, hidden=0)
        yield observe("clinc150, leaves hidden", clinc, fold, hidden=30)
        yield observe("banking77, leaves hidden", banking, fold, hidden=15)
        yield observe("30 leaves of 15", clinc, fold, hidden=120, at_most=15)
        yield observe("30 leaves of 15, no other", clinc, fold, hidden=120, at_most=15, others=0)


def observe(
    name: str, rows: Sequence[Labelled], fold: int, hidden: int, at_most: int = 10**6, others: int = 10**6
) -> Situation:
    rng = np.random.default_rng(fold)
    leaves = sorted({row.leaf for row in rows} - {"other"})
    unseen = set(rng.permutation(leaves)[:hidden].tolist())
    seen: dict[str, list[str]] = {}
    asked = []
    for place in rng.permutation(len(rows)).tolist():
        row = rows[place]
        kept = seen.setdefault(row.leaf, [])
        if row.fold(FOLDS) == fold:
            asked.append(row)
        elif row.leaf not in unseen and len(kept) < (
            min(others, at_most) if row.leaf == "other" else at_most
        ):
            kept.append(row.text)
    children: dict[str, tuple[str, ...]] = {}
    for row in rows:
        if row.leaf not in unseen | {"other"}:
            for above, below in zip(("root", *row.above), (*row.above, row.leaf), strict=True):
                children[above] = tuple(sorted({*children.get(above, ()), below}))
    evidence, raw = fit_intent(children, seen, {}).trust_evidence([row.text for row in asked])
    answered = np.array([leaf != "other" for leaf in raw])
    right = np.array([leaf == row.leaf for leaf, row in zip(raw, asked, strict=True)])
    known = np.array([row.leaf not in unseen | {"other"} for row in asked])
    return Situation(name, evidence[answered], (right & known)[answered], known[answered])


def fit_constants(found: Sequence[Situation]) -> dict[str, float]:
    """One logistic regression; right and not right weigh the same within each situation."""
    evidence = np.vstack([one.evidence for one in found])
    right = np.concatenate([one.right for one in found])
    weights = np.concatenate(
        [np.where(one.right, 0.5 / one.right.sum(), 0.5 / (~one.right).sum()) for one in found]
    )
    centre, spread = evidence.mean(axis=0), evidence.std(axis=0)
    model = LogisticRegression(C=1.0).fit(
        (evidence - centre) / spread, right, weights * len(right) / len(found)
    )
    slopes = model.coef_[0] / spread
    values = [float(model.intercept_[0] - slopes @ centre), *slopes.tolist()]
    return {name: round(value, 3) for name, value in zip(TRUST, values, strict=True)}


def main() -> int:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if data is None or missing_data(data, "clinc150", "banking77"):
        print("skipped: give the folder that holds clinc150/ and banking77/")
        return 0
    found = list(situations(data))
    for name, value in fit_constants(found).items():
        print(f'    "{name}": {value},')
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
