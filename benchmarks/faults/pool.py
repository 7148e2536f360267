"""Tickets from sentences written by hand: joined with records, and with ways to say who writes."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from draws import draw, pick
from worlds import PIPELINE, Written, answers

from fixloop.adapters.work_tree import read_work_tree
from fixloop.pipeline.compile import compile_pipeline
from fixloop.ports.cache import Cache
from fixloop.workspace.snapshot import Snapshot, digest_of
from fixloop.workspace.stored import load_stored

HERE = Path(__file__).parent
A_BRANCH = 5
"""Tickets kept for each branch of a leaf, of the shown and of the unseen each; in another language fewer."""

IN_ANOTHER_LANGUAGE = 2
Row = Mapping[str, Any]
Values = Callable[[Row, str], Mapping[str, str]]


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


@dataclass(frozen=True)
class Source:
    """What the tickets of a world are made from; `values` fills the slots of a text for a record."""

    bodies: Sequence[Body]
    identities: Sequence[Identity]
    records: Sequence[Row]
    record_id: str
    values: Values
    home: str = "en"


def kept_pool(
    snapshot: Snapshot, files: Iterable[Path], make: Callable[[], Source], cache: Cache, kept: Cache
) -> tuple[Written, ...]:
    """The tickets, found once for the same workspace and the same files."""
    read = sorted({*files, Path(__file__)})
    parts = [digest_of(snapshot, PIPELINE).encode(), *(file.read_bytes() for file in read)]
    key = hashlib.sha256(b"\0".join(parts)).hexdigest()
    stored = kept.load("tickets", key)
    if stored is None:
        stored = json.dumps([asdict(one) for one in _pool(snapshot, make(), cache)]).encode()
        kept.save("tickets", key, stored)
    return tuple(Written(**one) for one in json.loads(stored))


def _pool(snapshot: Snapshot, source: Source, cache: Cache) -> list[Written]:
    """Tickets that get the leaf they were written for, so many a branch, language and half."""
    pipeline = compile_pipeline(load_stored(snapshot, cache), cache)
    written, many = _write_all(source), {source.home: A_BRANCH}
    right = answers(pipeline, written)
    found: dict[tuple[str, ...], list[Written]] = defaultdict(list)
    for one in written:
        got = right[one.id]
        place = found[got.leaf, got.branch or "", one.language, str(one.unseen)]
        if got.leaf == one.leaf and len(place) < many.get(one.language, IN_ANOTHER_LANGUAGE):
            place.append(one)
    return [one for some in found.values() for one in some]


def _write_all(source: Source) -> list[Written]:
    """Every body with every record, each text once, in an order of draws."""
    found: dict[str, Written] = {}
    for body in source.bodies:
        for record in source.records:
            text = _written(body, record, source)
            if text and text not in found:
                key = f"T-{draw(1 << 40, body.text, text):012d}"
                found[text] = Written(key, text, body.leaf, body.language, body.unseen, source.home)
    return sorted(found.values(), key=lambda one: one.id)


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


def read_identities(path: Path) -> list[Identity]:
    """`language | what it needs | text`; an empty text is somebody who does not say."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")] for line in lines if line and not line.startswith("#")]
    return [Identity(*row) for row in rows]


def files_below(folder: Path) -> dict[str, bytes]:
    """The files of a workspace that stands in a folder."""
    tree = read_work_tree(folder)
    return {path: tree.read(path) or b"" for path in tree.paths()}


def joined_rows(top: Path, names: Iterable[str], key: str) -> list[Row]:
    """The rows of some sources of a workspace, those of one id put together; later columns win."""
    rows: dict[str, dict[str, Any]] = {}
    for name in names:
        path = top / "workspace" / "records" / f"{name}.jsonl"
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            rows.setdefault(row[key], {}).update(row)
    return list(rows.values())


def of_every_sort(rows: Sequence[Row], key: str, alike: Sequence[str], many: int = 2) -> list[Row]:
    """So many rows for each combination of the columns that plans look at."""
    sorts: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: draw(1 << 40, "record", row[key])):
        sorts[repr([row.get(column) for column in alike])].append(row)
    return [row for found in sorts.values() for row in found[:many]]


def _written(body: Body, record: Row, source: Source) -> str:
    """A body by the holder of a record; "" where the record lacks what the words need."""
    values = source.values(record, body.text)
    fitting = [one for one in source.identities if one.language == body.language and _has(values, one.text)]
    if not _has(values, body.text) or not fitting:
        return ""
    who = pick(fitting, "who", body.text, record[source.record_id]).text.format(**values)
    what = body.text.format(**values)
    if not who:
        return what
    if not who.endswith((".", ")")) or draw(2, "order", what, who):
        return f"{what.rstrip('.')}{'' if what[-1] in '?!' else '.'} {who}"
    return f"{who} {what}"


def _has(values: Mapping[str, str], text: str) -> bool:
    wanted = {part.split("}")[0] for part in text.split("{")[1:]}
    return wanted <= set(values)
