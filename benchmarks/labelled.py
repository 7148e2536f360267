"""Labelled texts as the benchmarks read them, and intervals for what they print."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path


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
