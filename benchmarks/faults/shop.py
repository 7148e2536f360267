"""The shop of tau2-bench's retail domain (MIT) with a workspace that stays as it is, and tickets to it.

`benchmarks/tau2_retail` goes on with what customers say; here only `propose` is measured, so that figures of
different versions are of the same faults.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

from draws import pick
from pool import HERE, Row, Source, files_below, kept_pool, of_every_sort, read_bodies, read_identities
from worlds import World

from fixloop.ports.cache import Cache
from fixloop.workspace.snapshot import MemorySnapshot

sys.path.append(str(HERE.parent))
from everyday_names import with_everyday_names

PARTS = HERE / "shop"
BODIES, IDENTITIES = HERE / "tickets" / "shop.txt", HERE / "tickets" / "shop_identity.txt"
USERS, MANY = 160, 6
RECORDS = ("users", "orders")


def build_shop(cache: Cache, kept: Cache | None = None, data: Path | None = None) -> World:
    """The shop with a third of its users: enough for every plan, and quick to compile."""
    assert data is not None
    rows = _read(data / "tau2_retail")
    files = files_below(PARTS)
    for name, found in rows.items():
        lines = "".join(json.dumps(row) + "\n" for row in found)
        files[f"workspace/records/{name}.jsonl"] = lines.encode()
    snapshot = MemorySnapshot(files)
    pool = kept_pool(
        snapshot, (BODIES, IDENTITIES, Path(__file__)), lambda: _source(rows), cache, kept or cache
    )
    return World("shop", snapshot, pool, cache)


def _read(folder: Path) -> dict[str, list[Row]]:
    """The first users and their orders."""
    read = {
        name: [
            json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        for name in RECORDS
    }
    users = read["users"][:USERS]
    known = {user["user_id"] for user in users}
    orders = [with_everyday_names(order, PARTS) for order in read["orders"] if order["user_id"] in known]
    return {"users": users, "orders": orders}


def _source(rows: dict[str, list[Row]]) -> Source:
    orders = defaultdict(list)
    for order in rows["orders"]:
        orders[order["user_id"]].append(order)
    joined = [
        {**user, "mine": mine, "states": sorted({order["status"] for order in mine})}
        for user in rows["users"]
        if (mine := orders[user["user_id"]])
    ]
    records = of_every_sort(joined, "user_id", ("states",), MANY)
    return Source(read_bodies(BODIES), read_identities(IDENTITIES), records, "user_id", _values)


def _values(record: Row, seed: str) -> dict[str, str]:
    order = pick(record["mine"], "order", record["user_id"], seed)
    item = pick(order["items"], "item", record["user_id"], seed)
    return {
        "order": order["order_id"],
        "order_plain": order["order_id"].removeprefix("#"),
        "item": item["name"].lower(),
        "email": record["email"],
        "userid": record["user_id"],
        "given": record["name"]["first_name"],
        "family": record["name"]["last_name"],
        "zip": record["address"]["zip"],
    }
