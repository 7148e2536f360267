"""A German provider of mobile lines and internet, written for this benchmark, and tickets to it."""

from __future__ import annotations

from pathlib import Path

from draws import draw, pick
from pool import (
    HERE,
    Row,
    Source,
    files_below,
    joined_rows,
    kept_pool,
    of_every_sort,
    read_bodies,
    read_identities,
)
from worlds import World

from fixloop.ports.cache import Cache
from fixloop.workspace.snapshot import MemorySnapshot

TOP = HERE / "telecom"
BODIES, IDENTITIES = HERE / "tickets" / "telecom.txt", HERE / "tickets" / "telecom_identity.txt"
ALIKE = ("produkt", "status", "mahnstufe", "sim_status", "router", "grossstoerung", "lieferung", "roaming")
HOME = "de"
"""The workspace's own language; most of its customers write it."""


def build_telecom(cache: Cache, kept: Cache | None = None, data: Path | None = None) -> World:
    """Lumenet with its pool of tickets; it needs no data from outside."""
    snapshot = MemorySnapshot(files_below(TOP))
    files = (BODIES, IDENTITIES, Path(__file__))
    return World("telecom", snapshot, kept_pool(snapshot, files, _source, cache, kept or cache), cache)


def _source() -> Source:
    bodies, identities = read_bodies(BODIES), read_identities(IDENTITIES)
    return Source(bodies, identities, _records(), "vertrag_id", _values, HOME)


def _records() -> list[Row]:
    """Contracts of every sort, with the columns of their line."""
    return of_every_sort(joined_rows(TOP, ("vertraege", "leitungen"), "vertrag_id"), "vertrag_id", ALIKE)


def _values(record: Row, seed: str) -> dict[str, str]:
    key = record["vertrag_id"]
    number = record.get("rufnr", "")
    tail = f"{number[:3]} {number[3:7]} {number[7:]}" if number else ""
    bank, account = draw(10**3, "bank", key), draw(10**4, "konto", key)
    values = {
        **{name: record[name] for name in ("kdnr", "vorname", "nachname", "mail", "plz", "ort", "produkt")},
        "kdnr_ohne": record["kdnr"].replace("-", ""),
        "kdnr_o": record["kdnr"].replace("0", "O", 1) if "0" in record["kdnr"] else "",
        "rufnr": tail and f"0{tail}",
        "rufnr_49": tail and f"+49 {tail}",
        "betrag": pick(("58,40", "119", "43,99", "87"), "betrag", key, seed),
        "rg": f"RE26-{100000 + draw(899999, 'rg', key, seed)}",
        "iban": f"DE{10 + draw(89, 'iban', key)} 2004 1155 0{bank:03d} {account:04d} 00",
        "tag": pick(("14.12.", "9.1.2027", "3.12.2026", "21.12."), "tag", key, seed),
        "welt": pick(("der Schweiz", "der Türkei", "den USA", "Ägypten", "Thailand"), "welt", key, seed),
        "eu": pick(("Spanien", "Italien", "Österreich", "Griechenland", "Frankreich"), "eu", key, seed),
        "world": pick(("Switzerland", "Turkey", "the USA", "Egypt"), "world", key, seed),
        "europe": pick(("Spain", "Italy", "Austria", "Greece"), "europe", key, seed),
    }
    return {name: value for name, value in values.items() if value}
