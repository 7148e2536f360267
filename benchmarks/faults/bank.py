"""The bank at the repository's top, and tickets to it."""

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

TOP = HERE.parent.parent
ALIKE = ("status", "product", "fraud_flag", "two_factor", "fee_refunds", "card_status", "card_type")
BODIES, IDENTITIES = HERE / "tickets" / "bank.txt", HERE / "tickets" / "identity.txt"


def build_bank(cache: Cache, kept: Cache | None = None, data: Path | None = None) -> World:
    """The bank with its pool of tickets; it needs no data from outside."""
    snapshot = MemorySnapshot(files_below(TOP))
    files = (BODIES, IDENTITIES, Path(__file__))
    return World("bank", snapshot, kept_pool(snapshot, files, _source, cache, kept or cache), cache)


def _source() -> Source:
    return Source(read_bodies(BODIES), read_identities(IDENTITIES), _records(), "account_id", _values)


def _records() -> list[Row]:
    """Accounts of every sort, with their card's columns."""
    return of_every_sort(joined_rows(TOP, ("accounts", "cards"), "account_id"), "account_id", ALIKE)


def _values(record: Row, seed: str) -> dict[str, str]:
    number = record["account_number"]
    holder = record["holders"][0]
    key = record["account_id"]
    values = {
        "number": number,
        "typo": _typo(number),
        "given": holder["given_name"],
        "family": holder["family_name"],
        "branch": record["branch"],
        "email": record.get("email", ""),
        "last4": record.get("card_last_four", ""),
        "ref": f"TWP-{100000 + draw(899999, 'ref', key, seed)}",
        "mandate": f"MND{1000000 + draw(8999999, 'mandate', key, seed)}",
        "amount": pick(("€250", "45.90 euros", "£1,200", "EUR 80", "300 €"), "amount", key, seed),
        "payee": pick(("Nordwind GmbH", "Harbour Rentals", "Miller & Sons"), "payee", key, seed),
        "link": pick(("https://tidewater-login.example/verify", "www.tide-bank.example"), "link", key, seed),
        "phone": pick(("+44 7700 900123", "0171 5550123"), "phone", key, seed),
        "years": pick(("5", "10", "15"), "years", key, seed),
        "months": pick(("6", "12", "18"), "months", key, seed),
    }
    return {name: value for name, value in values.items() if value}


def _typo(number: str) -> str:
    """The number with a zero written as the letter O, where its digits have one."""
    letters = len(number.rstrip("0123456789"))
    at = number.find("0", letters)
    return number[:at] + "O" + number[at + 1 :] if at >= letters else ""
