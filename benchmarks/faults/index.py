"""Which faults are measured: those that show. Found once, and kept by name in `index/<world>.json`."""

from __future__ import annotations

import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plant import Fault, candidates
from worlds import PIPELINE, World, answers, visible

from fixloop.errors import FixloopError
from fixloop.pipeline.compile import compile_pipeline
from fixloop.workspace.load import load_workspace
from fixloop.workspace.snapshot import digest_of

HALVES = ("tune", "report")
FOLDER = Path(__file__).parent / "index"
A_HALF = {"bank": 15, "clinc": 6, "shop": 8, "telecom": 8, "hotel": 8, "campus": 8}
"""Faults of a kind in each half of a world."""

MOST_TRIED = {"bank": 120, "clinc": 36, "shop": 120, "telecom": 60, "hotel": 60, "campus": 60}


@dataclass(frozen=True)
class Showing:
    """A fault that shows."""

    fault: Fault


def showing_faults(world: World, anew: bool = False) -> list[Showing]:
    """The faults of a world that change a shown and an unseen ticket, so many a kind and half."""
    known = {fault.id: fault for found in candidates(world).values() for fault in found}
    path, key = FOLDER / f"{world.name}.json", _key(world)
    index = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if index.get("of") != key or anew or not set(index["faults"]) <= set(known):
        print(f"{world.name}: finding out which faults show; this takes minutes, once", file=sys.stderr)
        index = {"of": key, "faults": [fault.id for fault in _find(world)]}
        FOLDER.mkdir(exist_ok=True)
        path.write_text(json.dumps(index, indent=0) + "\n", encoding="utf-8")
    return [Showing(known[fault]) for fault in index["faults"]]


def _key(world: World) -> str:
    """The workspace's files and the tickets: another engine may change what shows, not what is asked."""
    pool = "\0".join(f"{one.id} {one.text} {one.unseen}" for one in world.tickets)
    return hashlib.sha256(f"{digest_of(world.snapshot, PIPELINE)}\0{pool}".encode()).hexdigest()[:16]


def _find(world: World) -> Iterator[Fault]:
    for kind, faults in candidates(world).items():
        found: dict[str, int] = defaultdict(int)
        for fault in faults[: MOST_TRIED[world.name]]:
            if found[fault.half] < A_HALF[world.name] and shows(world, fault):
                found[fault.half] += 1
                yield fault
        print(f"  {world.name} {kind}: {dict(found)} of {len(faults)}", file=sys.stderr)


def shows(world: World, fault: Fault) -> bool:
    """Whether a fault changes a shown and an unseen ticket."""
    near = [one for one in world.tickets if fault.concerns(world.truth[one.id])]
    if not near:
        return False
    try:
        pipeline = compile_pipeline(load_workspace(fault.planted(world.snapshot)), world.cache)
        after = answers(pipeline, near)
    except FixloopError:
        return False
    moved = {one.unseen for one in near if visible(after[one.id]) != visible(world.truth[one.id])}
    return moved == {True, False}
