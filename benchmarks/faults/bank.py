"""The bank and its tickets: sentences written by hand, joined with records and ways to say who writes."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from draws import draw, pick
from worlds import PIPELINE, World, Written, answers

from fixloop.adapters.work_tree import read_work_tree
from fixloop.pipeline.compile import compile_pipeline
from fixloop.ports.cache import Cache
from fixloop.workspace.snapshot import MemorySnapshot, Snapshot, digest_of
from fixloop.workspace.stored import load_stored

HERE = Path(__file__).parent
TOP = HERE.parent.parent
ALIKE = ("status", "product", "fraud_flag", "two_factor", "fee_refunds", "card_status", "card_type")
A_BRANCH = 5
"""Tickets kept for each branch of a leaf, of the shown and of the unseen each."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Body:
    """What somebody writes, without who it is."""

    leaf: str
    language: str
    text: str
    unseen: bool


@dataclass(frozen=True)
class Identity:
    """A way to say who one is, and what it needs of the record."""

    language: str
    needs: str
    text: str


def build_bank(cache: Cache, kept: Cache) -> World:
    """The bank at the repository's top with its pool of tickets."""
    tree = read_work_tree(TOP)
    snapshot = MemorySnapshot({path: tree.read(path) or b"" for path in tree.paths()})
    key = _key(snapshot)
    stored = kept.load("tickets", key)
    if stored is None:
        stored = json.dumps([asdict(one) for one in _pool(snapshot, cache)]).encode()
        kept.save("tickets", key, stored)
    return World("bank", snapshot, tuple(Written(**one) for one in json.loads(stored)), cache, kept)


def _key(snapshot: Snapshot) -> str:
    files = [Path(__file__), *sorted((HERE / "tickets").glob("*.txt"))]
    parts = [digest_of(snapshot, PIPELINE).encode(), *(file.read_bytes() for file in files)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _pool(snapshot: Snapshot, cache: Cache) -> list[Written]:
    """Tickets that get the leaf they were written for, so many a branch, language and half."""
    pipeline = compile_pipeline(load_stored(snapshot, cache), cache)
    written = list(_write_all())
    right = answers(pipeline, written)
    kept: dict[tuple[str, ...], list[Written]] = defaultdict(list)
    for one in written:
        got = right[one.id]
        if got.leaf == one.leaf:
            place = (got.leaf, got.branch or "", one.language, str(one.unseen))
            room = A_BRANCH if one.language == "en" else 2
            if len(kept[place]) < room:
                kept[place].append(one)
    return [one for found in kept.values() for one in found]


def _write_all() -> Iterator[Written]:
    """Every body with records of every sort, in an order of draws; one text once."""
    bodies, identities = read_bodies(HERE / "tickets" / "bank.txt"), read_identities()
    records = _records()
    seen: set[str] = set()
    found: list[Written] = []
    for body in bodies:
        for record in records:
            text = _written(body, record, identities)
            if text and text not in seen:
                seen.add(text)
                key = f"T-{draw(1 << 40, body.text, text):012d}"
                found.append(Written(key, text, body.leaf, body.language, body.unseen))
    return iter(sorted(found, key=lambda one: one.id))


def read_bodies(path: Path) -> list[Body]:
    """`leaf | text` or `leaf de | text`; of a leaf and language, lines are shown and unseen by turns."""
    turns: dict[tuple[str, str, bool], int] = defaultdict(int)
    bodies = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            head, _, text = line.partition(" | ")
            leaf, _, language = head.strip().partition(" ")
            turn = (leaf, language, "{" in text)
            bodies.append(Body(leaf, language or "en", text.strip(), bool(turns[turn] % 2)))
            turns[turn] += 1
    return bodies


def read_identities() -> list[Identity]:
    lines = (HERE / "tickets" / "identity.txt").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")] for line in lines if line and not line.startswith("#")]
    return [Identity(*row) for row in rows]


def _records() -> list[Row]:
    """Two accounts of every sort, with their card's columns."""
    folder = TOP / "workspace" / "records"
    rows = {
        row["account_id"]: dict(row)
        for row in map(json.loads, (folder / "accounts.jsonl").read_text(encoding="utf-8").splitlines())
    }
    for line in (folder / "cards.jsonl").read_text(encoding="utf-8").splitlines():
        card = json.loads(line)
        rows[card["account_id"]].update(card)
    sorts: dict[str, list[Row]] = defaultdict(list)
    for key in sorted(rows, key=lambda key: draw(1 << 40, "record", key)):
        sorts[repr([rows[key].get(column) for column in ALIKE])].append(rows[key])
    return [row for found in sorts.values() for row in found[:2]]


def _written(body: Body, record: Row, identities: Sequence[Identity]) -> str:
    """A body by the holder of a record; "" where the record lacks what the words need."""
    values = _values(record, body.text)
    fitting = [one for one in identities if one.language == body.language and _has(values, one.text)]
    if not _has(values, body.text) or not fitting:
        return ""
    who = pick(fitting, "who", body.text, record["account_id"]).text.format(**values)
    what = body.text.format(**values)
    if not who:
        return what
    if not who.endswith((".", ")")) or draw(2, "order", what, who):
        return f"{what.rstrip('.')}{'' if what[-1] in '?!' else '.'} {who}"
    return f"{who} {what}"


def _has(values: Mapping[str, str], text: str) -> bool:
    wanted = {part.split("}")[0] for part in text.split("{")[1:]}
    return wanted <= set(values)


def _values(record: Row, seed: str) -> dict[str, str]:
    number = record["account_number"]
    holder = record["holders"][0]
    key = record["account_id"]
    values = {
        "number": number,
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
    if typo := _typo(number):
        values["typo"] = typo
    return {name: value for name, value in values.items() if value}


def _typo(number: str) -> str:
    """The number with a zero written as the letter O, where its digits have one."""
    letters = len(number.rstrip("0123456789"))
    at = number.find("0", letters)
    return number[:at] + "O" + number[at + 1 :] if at >= letters else ""
