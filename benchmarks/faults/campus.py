"""A university's student desk, written for this benchmark, and what applicants and students write to it."""

from __future__ import annotations

from pathlib import Path

from draws import pick
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

TOP = HERE / "campus"
BODIES, IDENTITIES = HERE / "tickets" / "campus.txt", HERE / "tickets" / "campus_identity.txt"
ALIKE = ("stage", "level", "fileState", "holds", "cardState", "failedTries", "thesis", "refundState")
SUMS = ("790", "240", "1'180", "385")
DAYS = ("15 January", "31 Jan", "20. Februar", "1 December")
STREETS = (
    "Bachweg 14, 5000 Aarau",
    "Obere Gasse 3, 4600 Olten",
    "Am Rain 27b, 5400 Baden",
    "Uferstrasse 8, 4057 Basel",
)
HALLS = ("Lindenhof", "Seegarten", "Mill House", "Rosenberg")


def build_campus(cache: Cache, kept: Cache | None = None, data: Path | None = None) -> World:
    """Aarwil with its pool of tickets; it needs no data from outside."""
    snapshot = MemorySnapshot(files_below(TOP))
    files = (BODIES, IDENTITIES, Path(__file__))
    return World("campus", snapshot, kept_pool(snapshot, files, _source, cache, kept or cache), cache)


def _source() -> Source:
    return Source(read_bodies(BODIES), read_identities(IDENTITIES), _records(), "pid", _values)


def _records() -> list[Row]:
    """Files of every sort, with what the bursar and the halls know of them."""
    return of_every_sort(joined_rows(TOP, ("students", "dues"), "pid"), "pid", ALIKE)


def _values(record: Row, seed: str) -> dict[str, str]:
    key = record["pid"]
    values = {
        **_numbers(record),
        **_about(record, seed),
        "given": record["person"]["given"],
        "family": record["person"]["family"],
        "born": record["person"]["born"],
        "born_slash": record["person"]["born"].replace(".", "/"),
        "mail": record.get("mail", ""),
        "private": record.get("privateMail", ""),
        "ref": record.get("payRef", ""),
        "francs": pick(SUMS, "francs", key, seed),
        "day": pick(DAYS, "day", key, seed),
        "street": pick(STREETS, "street", key, seed),
    }
    return {name: value for name, value in values.items() if value}


def _numbers(record: Row) -> dict[str, str]:
    """What is on the card and on letters, as it stands there and as people copy it."""
    matric, file, card = record.get("matric", ""), record.get("fileNo", ""), record.get("cardNo", "")
    return {
        "matric": matric,
        "matric_plain": matric.replace("-", ""),
        "matric_spaced": matric.replace("-", " "),
        "matric_misread": _misread(matric),
        "file": file,
        "file_low": file.lower(),
        "file_bare": file.partition("-")[2],
        "file_misread": file[:4] + _misread(file[4:]) if _misread(file[4:]) else "",
        "card": card,
    }


def _about(record: Row, seed: str) -> dict[str, str]:
    """Studies and room; who has no room of ours asks for one in any hall."""
    hall, courses = record.get("hall", {}), record.get("courses", ())
    course = pick(courses, "course", record["pid"], seed) if courses else ""
    return {
        "programme": record["programme"],
        "called": record["programmeCalled"][-1],
        "course": course,
        "a_course": courses[-1] if courses else "",
        "code": course.lower().replace("-", " "),
        "hall": hall.get("name", "") or pick(HALLS, "hall", record["pid"], seed),
        "room": hall.get("room", ""),
    }


def _misread(number: str) -> str:
    """With a letter where a figure looks like one; "" where none does."""
    read = number.replace("0", "O", 1).replace("1", "I", 1)
    return read if read != number else ""
