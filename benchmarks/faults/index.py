"""Which faults show: each is planted once, and the tickets it changes are kept beside the cache."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from plant import Fault, candidates
from worlds import PIPELINE, World, Written, answers, visible

from fixloop.errors import FixloopError
from fixloop.pipeline.compile import compile_pipeline
from fixloop.workspace.load import load_workspace
from fixloop.workspace.snapshot import digest_of

HALVES = ("tune", "report")
A_HALF = {"bank": 15, "clinc": 8, "shop": 7}
"""Faults of a kind in each half of a world."""

MOST_TRIED = 120


@dataclass(frozen=True)
class Showing:
    """A fault with the tickets whose proposal it changes."""

    fault: Fault
    shown: tuple[str, ...]
    unseen: tuple[str, ...]


def showing_faults(world: World, progress: bool = True) -> list[Showing]:
    """The faults of a world that change a shown and an unseen ticket, so many a kind and half."""
    key = _key(world)
    known = {fault.id: fault for found in candidates(world).values() for fault in found}
    stored = world.kept.load("faults", key)
    if stored is None:
        stored = json.dumps([_row(one) for one in _find(world, progress)]).encode()
        world.kept.save("faults", key, stored)
    rows = json.loads(stored)
    return [Showing(known[key], tuple(shown), tuple(unseen)) for key, shown, unseen in rows]


def _row(one: Showing) -> list[object]:
    return [one.fault.id, list(one.shown), list(one.unseen)]


def _key(world: World) -> str:
    code = b"".join((Path(__file__).parent / name).read_bytes() for name in ("plant.py", "index.py"))
    pool = "\0".join(one.id + one.text for one in world.tickets)
    parts = (digest_of(world.snapshot, PIPELINE).encode(), code, pool.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _find(world: World, progress: bool) -> Iterator[Showing]:
    import sys

    for kind, faults in candidates(world).items():
        found: dict[str, int] = defaultdict(int)
        for fault in faults[:MOST_TRIED]:
            if found[fault.half] < A_HALF[world.name] and (one := _shows(world, fault)):
                found[fault.half] += 1
                yield one
        if progress:
            print(f"  {world.name} {kind}: {dict(found)} of {len(faults)}", file=sys.stderr)


def _shows(world: World, fault: Fault) -> Showing | None:
    near = [one for one in world.tickets if fault.concerns(world.truth[one.id])]
    if not near:
        return None
    try:
        pipeline = compile_pipeline(load_workspace(fault.planted(world.snapshot)), world.cache)
        after = answers(pipeline, near)
    except FixloopError:
        return None
    moved = [one for one in near if visible(after[one.id]) != visible(world.truth[one.id])]
    shown, unseen = _ids(moved, False), _ids(moved, True)
    return Showing(fault, shown, unseen) if shown and unseen else None


def _ids(tickets: Sequence[Written], unseen: bool) -> tuple[str, ...]:
    return tuple(one.id for one in tickets if one.unseen == unseen)
