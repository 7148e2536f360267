"""Fit `RIVALRY` and `TRUST` of the intent engine: `python benchmarks/fit_trust.py DATA` prints them.

`RIVALRY` weighs the evidence between leaves that come close, `TRUST` that a text is of a known leaf at all.
They are constants of the algorithm, not fitted for each workspace, so an added example never costs a
cross-validation and scores keep their meaning. They come from training texts only, in five situations:
CLINC150 in two levels, whole and with leaves hidden, BANKING77 flat, and small workspaces of 30 CLINC150
leaves with 15 examples, with and without any `other`. Unknown texts are those of leaves that the model never
saw, and CLINC150's own out-of-scope texts of other folds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from labelled import Labelled, load_labelled, missing_data
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from fixloop.pipeline.evidence import EVIDENCE
from fixloop.pipeline.intent import IntentModel, fit_intent
from fixloop.pipeline.intent_model import RIVALRY, TRUST

FOLDS = 5


@dataclass(frozen=True)
class Situation:
    """A model and texts that it never saw, some of leaves that it does not know."""

    model: IntentModel
    asked: Sequence[Labelled]
    known: NDArray[np.bool_]  # of each text asked


def situations(data: Path) -> Iterator[Situation]:
    clinc = load_labelled(data / "clinc150" / "train.jsonl")
    banking = load_labelled(data / "banking77" / "train.jsonl")
    for fold in range(FOLDS):
        yield build(clinc, fold, hidden=0)
        yield build(clinc, fold, hidden=30)
        yield build(banking, fold, hidden=15)
        yield build(clinc, fold, hidden=120, at_most=15)
        yield build(clinc, fold, hidden=120, at_most=15, others=0)


def build(
    rows: Sequence[Labelled], fold: int, hidden: int, at_most: int = 10**6, others: int = 10**6
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
    known = np.array([row.leaf not in unseen | {"other"} for row in asked])
    return Situation(fit_intent(children, seen, {}), asked, known)


def fit_rivalry(found: Iterable[Situation]) -> dict[str, float]:
    """One logistic regression of the differences between the right leaf and each of its rivals.

    The share's weight is 1: it is what the others are measured in. Each situation counts the same.
    """
    parts = [differences(one) for one in found]
    lines = np.vstack(parts)
    weights = np.concatenate([np.full(len(part), len(lines) / len(part) / len(parts)) for part in parts])
    model = LogisticRegression(C=100.0, fit_intercept=False).fit(
        np.vstack([lines, -lines]), np.repeat([True, False], len(lines)), np.tile(weights, 2)
    )
    share, *others = model.coef_[0].tolist()
    return {name: round(value / share, 3) for name, value in zip(EVIDENCE, others, strict=True)}


def differences(one: Situation) -> NDArray[np.float64]:
    rows, leaves, evidence = one.model.rival_evidence([row.text for row in one.asked])
    lines: dict[int, dict[str, NDArray[np.float64]]] = {}
    for place, (row, leaf) in enumerate(zip(rows.tolist(), leaves, strict=True)):
        lines.setdefault(row, {})[leaf] = evidence[place]
    return np.array(
        [
            rivals[right] - rival
            for row, rivals in lines.items()
            if one.known[row] and (right := one.asked[row].leaf) in rivals
            for leaf, rival in rivals.items()
            if leaf != right
        ]
    )


def fit_trust(found: Iterable[Situation]) -> dict[str, float]:
    """One logistic regression; right and not right weigh the same within each situation."""
    parts, rights, weights = [], [], []
    for one in found:
        evidence, raw = one.model.trust_evidence([row.text for row in one.asked])
        answered = np.array([leaf != "other" for leaf in raw])
        same = np.array([leaf == row.leaf for leaf, row in zip(raw, one.asked, strict=True)])
        right = (same & one.known)[answered]
        parts.append(evidence[answered])
        rights.append(right)
        weights.append(np.where(right, 0.5 / right.sum(), 0.5 / (~right).sum()))
    lines = np.vstack(parts)
    centre, spread = lines.mean(axis=0), lines.std(axis=0)
    model = LogisticRegression(C=1.0).fit(
        (lines - centre) / spread, np.concatenate(rights), np.concatenate(weights) * len(lines) / len(parts)
    )
    slopes = model.coef_[0] / spread
    values = [float(model.intercept_[0] - slopes @ centre), *slopes.tolist()]
    return {name: round(value, 3) for name, value in zip(TRUST, values, strict=True)}


def main() -> int:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if data is None or missing_data(data, "clinc150", "banking77"):
        print("skipped: give the folder that holds clinc150/ and banking77/")
        return 0
    RIVALRY.update(fit_rivalry(situations(data)))  # trust is asked of the leaf that won by these
    for title, constants in (("RIVALRY", RIVALRY), ("TRUST", fit_trust(situations(data)))):
        print(f"{title} = {{")
        for name, value in constants.items():
            print(f'    "{name}": {value},')
        print("}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
