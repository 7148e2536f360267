"""What customers call the shop's products, written to the orders' items as a shop's export would do it.

The names stand in tau2_retail/everyday_names.yaml. Both benchmarks over the shop read orders through here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

NAMES = Path(__file__).with_name("tau2_retail") / "everyday_names.yaml"


def with_everyday_names(order: Mapping[str, Any]) -> dict[str, Any]:
    """An order, its items with `called`: the product's own name and what customers say."""
    known = _names()
    items = [{**item, "called": known.get(item["name"], (item["name"],))} for item in order["items"]]
    return {**order, "items": items}


@cache
def _names() -> Mapping[str, tuple[str, ...]]:
    """Product to names, its own first; each also with s."""
    given = yaml.safe_load(NAMES.read_text(encoding="utf-8"))
    found = {product: (product, *names) for product, names in given.items()}
    return {
        product: (*names, *(f"{name}s" for name in names if not name.endswith("s")))
        for product, names in found.items()
    }
