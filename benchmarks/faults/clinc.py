"""CLINC150 (CC BY 3.0) grown by `init`'s own code, a dozen leaves with plans laid over, and tickets to it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from draws import draw, pick
from pool import HERE, Body, Identity, Row, Source, files_below, kept_pool, of_every_sort, read_identities
from worlds import World

from fixloop.commands.labelled import parse_labelled
from fixloop.commands.scaffold import Corpus, render_workspace, sort_corpus
from fixloop.pipeline.intent import choose_thresholds
from fixloop.ports.cache import Cache
from fixloop.workspace.snapshot import MemorySnapshot
from fixloop.workspace.text import text_digest

PARTS, IDENTITIES = HERE / "clinc", HERE / "tickets" / "clinc_identity.txt"
EXAMPLES, CASES = 30, 0.1
"""Examples a leaf, of the hundred there are, and the share of them that `init` holds back as cases."""

TICKETS = 12
CUSTOMERS = 90
ALIKE = ("tier", "status", "flagged", "card_status", "late_payments", "small")
_GIVEN = [
    "Ada",
    "Bruno",
    "Carla",
    "Dmitri",
    "Elif",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kaya",
    "Lars",
    "Mina",
    "Noor",
    "Otto",
    "Paula",
]
_FAMILY = [
    "Abbot",
    "Brandt",
    "Castell",
    "Dorn",
    "Eriksen",
    "Fischer",
    "Galloway",
    "Hartley",
    "Ivanov",
    "Jansen",
    "Keller",
    "Lund",
]
_CITIES = ["Ashford", "Belmont", "Carlow", "Dunmore", "Elston", "Fairhaven"]


def build_clinc(cache: Cache, kept: Cache | None = None, data: Path | None = None) -> World:
    """The workspace with its pool of tickets, from CLINC150's train alone."""
    assert data is not None
    rows = read_train(data)
    corpus = _corpus([row for found in rows.values() for row in found[:EXAMPLES]])
    files = dict(render_workspace(corpus, _thresholds(corpus, kept or cache)))
    parts = files_below(PARTS)
    files |= parts
    customers, cards = _customers()
    files["workspace/records/customers.jsonl"] = _lines(customers)
    files["workspace/records/cards.jsonl"] = _lines(cards)
    snapshot = MemorySnapshot(files)
    read = (IDENTITIES, Path(__file__))
    pool = kept_pool(snapshot, read, lambda: _source(rows, list(parts)), cache, kept or cache)
    return World("clinc", snapshot, pool, cache)


def read_train(data: Path) -> dict[str, list[Row]]:
    """Rows by intent, `other` for out of scope, in an order of draws."""
    found: dict[str, list[Row]] = defaultdict(list)
    lines = (data / "clinc150" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    read = [json.loads(line) for line in lines]
    for row in sorted(read, key=lambda row: draw(1 << 40, "clinc", row["id"])):
        found[row["intent"] or "other"].append(row)
    return found


def _corpus(rows: Sequence[Row]) -> Corpus:
    told = [{"text": r["text"], "intent": r["intent"] or "", "parent": r["parent"] or ""} for r in rows]
    whole = sort_corpus("train.jsonl", parse_labelled("train.jsonl", _lines(told)), 0.0)
    return replace(
        whole,
        examples={
            leaf: tuple(one for one in found if not _held(one)) for leaf, found in whole.examples.items()
        },
        cases={leaf: held for leaf, found in whole.examples.items() if (held := tuple(filter(_held, found)))},
    )


def _held(text: str) -> bool:
    """Whether a text is a case: by its digest alone, as `init` told it when the faults here were chosen."""
    return int(text_digest(text), 16) < CASES * 16**16


def _thresholds(corpus: Corpus, kept: Cache) -> Mapping[str, float]:
    """As `init` chooses them: by cross-validation, once."""
    key = str(draw(1 << 60, *(text for texts in corpus.examples.values() for text in texts)))
    stored = kept.load("thresholds", key)
    if stored is None:
        chosen = choose_thresholds(corpus.labels.children, corpus.examples)
        stored = json.dumps({level: value for level, value in chosen.items() if value > 0}).encode()
        kept.save("thresholds", key, stored)
    found: dict[str, float] = json.loads(stored)
    return found


def _customers() -> tuple[list[Row], list[Row]]:
    """Customers of every sort with their cards, drawn by number."""
    customers: list[Row] = []
    cards: list[Row] = []
    for n in range(CUSTOMERS):
        key = f"c_{n:03d}"
        given, family = pick(_GIVEN, "given", n), pick(_FAMILY, "family", n)
        letters = pick(("QF", "MB", "TR"), "letters", n)
        customers.append(
            {
                "customer_id": key,
                "number": f"{letters}{10000 + draw(90000, 'number', n)}",
                "given_name": given,
                "family_name": family,
                "city": pick(_CITIES, "city", n),
                "email": f"{given}.{family}{n}@post.example".lower(),
                "tier": pick(("basic", "gold", "business"), "tier", n),
                "status": pick(("open", "open", "open", "frozen", "closed"), "status", n),
                "flagged": draw(6, "flagged", n) == 0,
                "phone_line": f"0800 44{20 + draw(70, 'line', n)}",
                "adviser": f"{pick(_GIVEN, 'adviser', n)} {pick(_FAMILY, 'adviser', n)}",
                "late_payments": draw(4, "late", n),
            }
        )
        cards.append(
            {
                "customer_id": key,
                "last_four": f"{1000 + draw(9000, 'card', n)}",
                "card_status": pick(("active", "active", "blocked", "ordered"), "card status", n),
                "card_limit": pick((300, 500, 2000, 5000), "limit", n),
            }
        )
    return customers, cards


def _source(rows: Mapping[str, Sequence[Row]], paths: Sequence[str]) -> Source:
    """Texts that are no examples: as they are, and of the leaves with plans by customers of every sort."""
    planned = {path.removeprefix("plan_trees/").removesuffix(".yaml") for path in paths if "plan" in path}
    bodies = [
        Body(leaf, "en", row["text"] + (". {who}" if leaf in planned else ""), bool(n % 2))
        for leaf, found in rows.items()
        for n, row in enumerate(found[EXAMPLES : EXAMPLES + TICKETS])
    ]
    customers, cards = _customers()
    joined = [{**a, **b, "small": b["card_limit"] <= 500} for a, b in zip(customers, cards, strict=True)]
    records = of_every_sort(joined, "customer_id", ALIKE, 1)
    return Source(bodies, [Identity("en", "none", "")], records, "customer_id", _Values())


class _Values:
    """What a text's slots are filled with: who writes, in one of the ways to say so."""

    def __init__(self) -> None:
        self._ways = read_identities(IDENTITIES)

    def __call__(self, record: Row, seed: str) -> Mapping[str, str]:
        """`who`, drawn for a text and a record."""
        key = record["customer_id"]
        values = {
            "number": record["number"],
            "typo": record["number"].replace("0", "O", 1) if "0" in record["number"] else record["number"],
            "given": record["given_name"],
            "family": record["family_name"],
            "city": record["city"],
            "email": record["email"],
            "last4": record["last_four"],
            "amount": pick(("250", "1000", "75"), "amount", key, seed),
            "ref": f"PX{100000 + draw(899999, 'ref', key, seed)}",
            "kind": pick(("gold card", "travel card", "debit card"), "kind", key, seed),
        }
        return {"who": pick(self._ways, "who", key, seed).text.format(**values)}


def _lines(rows: Sequence[Mapping[str, object]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()
