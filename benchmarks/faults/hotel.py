"""Quillmere Houses: hotels and holiday flats with bookings, written for this benchmark, and their tickets."""

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

TOP = HERE / "hotel"
BODIES, IDENTITIES = HERE / "tickets" / "hotel.txt", HERE / "tickets" / "hotel_identity.txt"
ALIKE = ("house_kind", "status", "rate", "channel", "club_tier", "refund_state", "damage")
NEW_DAYS = ("7 March", "21 Feb", "12 April", "3 May", "30 January")
NEW_TAGE = ("7.3.", "21.2.", "12.4.", "3.5.", "30.1.")


def build_hotel(cache: Cache, kept: Cache | None = None, data: Path | None = None) -> World:
    """The six houses with their pool of tickets; they need no data from outside."""
    snapshot = MemorySnapshot(files_below(TOP))
    files = (BODIES, IDENTITIES, Path(__file__))
    return World("hotel", snapshot, kept_pool(snapshot, files, _source, cache, kept or cache), cache)


def _source() -> Source:
    return Source(read_bodies(BODIES), read_identities(IDENTITIES), _records(), "booking_id", _values)


def _records() -> list[Row]:
    """Bookings of every sort, with the columns of their guest."""
    return of_every_sort(joined_rows(TOP, ("bookings", "guests"), "booking_id"), "booking_id", ALIKE)


def _values(record: Row, seed: str) -> dict[str, str]:
    key, number = record["booking_id"], record["confirmation"]
    long_day, short_day, tag, iso = record["arrival_spoken"]
    values = {
        **{name: record.get(name, "") for name in ("confirmation", "house", "room", "email", "club_card")},
        "first": record["guest"]["first"],
        "last": record["guest"]["last"],
        "plain": number.replace("-", ""),
        "low": number.lower(),
        "misread": _misread(number),
        "portal": record.get("portal_ref", ""),
        "portal_plain": record.get("portal_ref", "").replace(".", ""),
        "card_misread": _misread(record.get("club_card", "")),
        "called": record["house_names"][-1],
        "day": long_day,
        "day_short": short_day,
        "tag": tag,
        "iso": iso,
        "new_day": pick(NEW_DAYS, "new day", key, seed),
        "neu": pick(NEW_TAGE, "neuer Tag", key, seed),
        "amount": pick(("46", "118.50", "27,90", "210"), "amount", key, seed),
        "voucher": f"GV-{_four('a', key, seed)}-{_four('b', key, seed)}",
        "voucher_old": f"{10**7 + draw(9 * 10**7, 'old voucher', key, seed)}",
    }
    return {name: value for name, value in values.items() if value}


def _misread(number: str) -> str:
    """As somebody types it off a screen: letters for digits that look alike; "" where there is none."""
    read = number.replace("0", "O", 1).replace("5", "S", 1).replace("1", "I", 1)
    return read if read != number else ""


def _four(*parts: object) -> str:
    """Four of the signs that stand on vouchers."""
    return "".join("ACDEFHJKLMNPRTUVWXY34679"[draw(24, "sign", n, *parts)] for n in range(4))
