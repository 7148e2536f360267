"""The three right workspaces of this benchmark, by name."""

from __future__ import annotations

from pathlib import Path

from bank import build_bank
from clinc import build_clinc
from shop import build_shop
from worlds import World

from fixloop.adapters.disk_cache import DiskCache

WORLDS = ("bank", "clinc", "shop")
MODELS = 4 * 1024**3
"""Every faulted workspace has intent models of its own."""


def build_world(name: str, cache: Path, data: Path | None) -> World:
    """A right workspace; the bank needs no data."""
    models, kept = DiskCache(cache / "models", MODELS), DiskCache(cache / "kept")
    return {"bank": build_bank, "clinc": build_clinc, "shop": build_shop}[name](models, kept, data)
