"""The right workspaces of this benchmark, by name."""

from __future__ import annotations

from pathlib import Path

from bank import build_bank
from campus import build_campus
from clinc import build_clinc
from hotel import build_hotel
from shop import build_shop
from telecom import build_telecom
from worlds import World

from fixloop.adapters.disk_cache import DiskCache

FITTED = ("bank", "clinc", "shop")
"""What the constants of `propose` are fitted on; a world that is not here says how they do elsewhere."""

WORLDS = (*FITTED, "telecom", "hotel", "campus")
MODELS = 4 * 1024**3
"""Every faulted workspace has intent models of its own."""


def build_world(name: str, cache: Path, data: Path | None) -> World:
    """A right workspace; only `clinc` and `shop` need data."""
    models, kept = DiskCache(cache / "models", MODELS), DiskCache(cache / "kept")
    build = {
        "bank": build_bank,
        "clinc": build_clinc,
        "shop": build_shop,
        "telecom": build_telecom,
        "hotel": build_hotel,
        "campus": build_campus,
    }
    return build[name](models, kept, data)
