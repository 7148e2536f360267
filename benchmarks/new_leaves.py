"""New leaves among texts nobody has sorted: `python benchmarks/new_leaves.py DATA [--comments tune|report]`.

Every in-scope text of CLINC150's val, and a fifth of BANKING77's train by digest, is a rejection of `other`
on which staff said nothing; fixloop is asked which belong together, the count of intents unknown.
Beside it k-means with the true count on the same features. With `--comments`, staff name 40 % and describe
40 % in words of their own (CLINC150 only). A text left alone is a cluster of one. `--embedder M:F` places
the texts instead of fixloop's features: the function F of module M, from texts to an array [texts, d].

NMI (arithmetic mean), ARI (Hubert and Arabie, 1985) and ACC (best one-to-one map, Kuhn 1955), in per cent.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from labelled import Labelled, load_labelled, missing_data
from loop_reviewer import Reviewer, load_sentences
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from fixloop.feedback.model import Feedback
from fixloop.propose.evidence.company import USUAL, Groups, listen, parties
from fixloop.propose.words.near import AnySpace, Embedder, space_of

FIFTH = 5
PUBLISHED = {
    "clinc150": ("k-means, true count 71.05 / 27.72 / 45.76", "USNID 91.00 / 68.54 / 75.87"),
    "banking77": ("k-means, true count 49.30 / 13.04 / 28.62", "USNID 75.30 / 43.33 / 54.82"),
}


@dataclass(frozen=True)
class Scores:
    """How well clusters agree with intents, in per cent; `count` clusters."""

    nmi: float
    ari: float
    acc: float
    count: int

    @staticmethod
    def of(intents: Sequence[str], labels: Sequence[int]) -> Scores:
        """The scores of labels against intents."""
        _, found = np.unique(labels, return_inverse=True)
        _, true = np.unique(np.array(intents), return_inverse=True)
        table = np.zeros((true.max() + 1, found.max() + 1), dtype=int)
        np.add.at(table, (true, found), 1)
        rows, columns = linear_sum_assignment(-table)
        return Scores(
            100 * float(normalized_mutual_info_score(true, found)),
            100 * float(adjusted_rand_score(true, found)),
            100 * float(table[rows, columns].sum()) / len(true),
            int(found.max()) + 1,
        )

    def __str__(self) -> str:
        return f"{self.nmi:6.2f} /{self.ari:6.2f} /{self.acc:6.2f}   {self.count:5d} clusters"


def texts_of(data: Path, name: str) -> list[Labelled]:
    """Val where there is one, else a fifth of train; in scope only."""
    val = data / name / "val.jsonl"
    rows = load_labelled(val if val.is_file() else data / name / "train.jsonl")
    kept = rows if val.is_file() else [row for row in rows if row.fold(FIFTH) == 0]
    return [row for row in kept if row.leaf != "other"]


def as_rejections(rows: Sequence[Labelled], half: str | None) -> list[Feedback]:
    """Each text rejected as `other`; in words where staff have any."""
    staff = Reviewer({}, load_sentences(half), {}) if half else None
    return [
        Feedback(
            id=f"fb-{n:05d}",
            source="native",
            ticket={"id": f"T-{n}", "text": row.text},
            outcome="rejected",
            comment=staff.comment(f"T-{n}", row.leaf)[1] if staff else "",
            proposal={"leaf": "other"},
        )
        for n, row in enumerate(rows)
    ]


def clustered(rejections: Sequence[Feedback], space: AnySpace, usual: float) -> list[int]:
    """A label for each rejection, as `propose` groups wishes for new leaves."""
    labels = [0] * len(rejections)
    for label, rows in enumerate(parties(listen(rejections, space, usual))):
        for row in rows:
            labels[int(row)] = label
    return labels


def embedder_named(name: str) -> Embedder:
    """The function `module:function`, called in this process; the current folder is looked at, too."""
    sys.path.append("")
    module, _, function = name.partition(":")
    return Embedder(name, getattr(import_module(module), function))


def usual_of(data: Path, name: str, space: AnySpace) -> float:
    """How alike the texts of a leaf usually are: told by the intents that a workspace would know, in `train`.

    None of the texts that are clustered is among them. A workspace's features have a built-in measure.
    """
    leaves: dict[str, list[str]] = {}
    for row in load_labelled(data / name / "train.jsonl"):
        if row.leaf != "other" and row.fold(FIFTH) == 1:
            leaves.setdefault(row.leaf, []).append(row.text)
    known = [text for found in leaves.values() for text in found]
    starts = np.cumsum([0, *map(len, leaves.values())])
    members = [range(a, b) for a, b in pairwise(starts)]
    return Groups.of(space.rows(known), members).usual


def by_k_means(features: Any, count: int) -> list[int]:
    """K-means on the same features, told how many there are."""
    found = KMeans(count, n_init=4, random_state=0).fit_predict(features)
    return [int(one) for one in found]


def measure(data: Path, name: str, half: str | None, embedder: Embedder | None) -> None:
    rows = texts_of(data, name)
    intents = [row.leaf for row in rows]
    rejections = as_rejections(rows, half)
    space = space_of([row.text for row in rows], embedder)
    usual = usual_of(data, name, space) if embedder else USUAL
    began = time.process_time()
    labels = clustered(rejections, space, usual)
    took = time.process_time() - began
    print(f"{name}: {len(rows)} texts of {len(set(intents))} intents      NMI /   ARI /   ACC")
    said = "with what staff said" if half else "texts alone"
    print(f"  fixloop, count unknown, {said:<22}{Scores.of(intents, labels)}   {took:.1f} s")
    if half is None:
        means = by_k_means(space.rows([row.text for row in rows]), len(set(intents)))
        print(f"  k-means, true count, same features            {Scores.of(intents, means)}")
        print(f"  published: {'; '.join(PUBLISHED[name])}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--comments", choices=("tune", "report"))
    parser.add_argument("--embedder", metavar="MODULE:FUNCTION", help="from texts to an array [texts, d]")
    options = parser.parse_args()
    embedder = embedder_named(options.embedder) if options.embedder else None
    for name in PUBLISHED:
        if missing_data(options.data, name):
            print(f"skipped: {options.data / name}/train.jsonl is not there (see docs/benchmarks.md)")
        elif name == "clinc150" or options.comments is None:
            measure(options.data, name, options.comments, embedder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
