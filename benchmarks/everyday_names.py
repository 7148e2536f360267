"""What customers call the shop's products, written to the orders' items as a shop's export would do it.

The names stand in each workspace of the shop, in `everyday_names.yaml`. Both benchmarks over it read orders
through here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

NAMES = "everyday_names.yaml"


def with_everyday_names(order: Mapping[str, Any], workspace: Path) -> dict[str, Any]:
    """An order, its items with `called`: the product's own name and what a workspace has customers say."""
    known = _names(workspace / NAMES)
    items = [{**item, "called": known.get(item["name"], (item["name"],))} for item in order["items"]]
    return {**order, "items": items}


@cache
def _names(path: Path) -> Mapping[str, tuple[str, ...]]:
    """Product to names, its own first; each also with s."""
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = {product: (product, *names) for product, names in given.items()}
    return {
        product: (*names, *(f"{name}s" for name in names if not name.endswith("s")))
        for product, names in found.items()
    }
