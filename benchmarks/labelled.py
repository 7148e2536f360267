"""Labelled texts as the benchmarks read them, and intervals for what they print."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import NamedTuple, TypeVar

from fixloop.pipeline.intent import IntentAnswer, IntentModel, choose_thresholds, fit_intent

T = TypeVar("T")


@dataclass(frozen=True)
class Labelled:
    """A text, its leaf (`other` for out of scope) and the parents above the leaf."""

    text: str
    leaf: str
    above: tuple[str, ...]

    def fold(self, folds: int) -> int:
        """Which fold a text is in, by its digest: no order of lines matters."""
        return int(hashlib.sha256(self.text.encode()).hexdigest()[:8], 16) % folds


def load_labelled(path: Path) -> list[Labelled]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Labelled(row["text"], row["intent"] or "other", (row["parent"],) if row.get("parent") else ())
        for row in rows
    ]


def missing_data(data: Path, *names: str) -> bool:
    return any(not (data / name / "train.jsonl").is_file() for name in names)


def children_of(rows: Sequence[Labelled]) -> dict[str, tuple[str, ...]]:
    children: dict[str, set[str]] = {"root": set()}
    for row in rows:
        if row.leaf != "other":
            for above, below in zip(("root", *row.above), (*row.above, row.leaf), strict=True):
                children.setdefault(above, set()).add(below)
    return {parent: tuple(sorted(found)) for parent, found in children.items()}


def examples_of(rows: Sequence[Labelled]) -> dict[str, list[str]]:
    examples: dict[str, list[str]] = {}
    for row in rows:
        examples.setdefault(row.leaf, []).append(row.text)
    return examples


def wilson(hits: int, of: int) -> str:
    """A share in per cent with its 95 % interval (Wilson, 1927)."""
    if not of:
        return "–"
    share, z = hits / of, 1.96
    centre = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return f"{100 * share:.1f} % [{100 * (centre - half):.1f}, {100 * (centre + half):.1f}]"


class Built(NamedTuple):
    """A model of all the rows, with thresholds chosen within them."""

    model: IntentModel
    thresholds: dict[str, float]


def built(rows: Sequence[Labelled]) -> Built:
    """Every row an example; this is the place to change when a workspace is to be built instead."""
    children, examples = children_of(rows), examples_of(rows)
    thresholds = timed("choose thresholds", lambda: choose_thresholds(children, examples))
    return Built(timed("fit", lambda: fit_intent(children, examples, thresholds)), thresholds)


def timed(what: str, work: Callable[[], T]) -> T:
    start = time.perf_counter()
    result = work()
    print(f"{what:<28}{time.perf_counter() - start:8.2f} s")
    return result


def print_quality(rows: Sequence[Labelled], answers: Sequence[IntentAnswer]) -> None:
    pairs = list(zip(rows, answers, strict=True))
    inside = [(row.leaf, answer) for row, answer in pairs if row.leaf != "other"]
    outside = [answer for row, answer in pairs if row.leaf == "other"]
    raw = sum(answer.raw_leaf == leaf for leaf, answer in inside)
    kept = sum(answer.leaf == leaf for leaf, answer in inside)
    held = sum(answer.leaf == "other" for answer in outside)
    print(f"{'in scope, thresholds off':<28}{wilson(raw, len(inside))}")
    print(f"{'in scope, at the rule':<28}{wilson(kept, len(inside))}")
    print(f"{'out of scope held back':<28}{wilson(held, len(outside))}")
