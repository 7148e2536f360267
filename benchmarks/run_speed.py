"""What proposals cost: CLINC150's 150 intents with starter plan trees, 300 records, 10,000 tickets, JSON out.

    python benchmarks/run_speed.py DATA [--runs 9]

`fixloop run` on one ticket is timed as a whole process, beside one that only imports Typer: the first (cold)
reads the files and fits the intent model, the others find both in the cache. `tickets/s` is from a line of
JSON in to a line of JSON out, by CPU seconds: what one core does.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from labelled import Labelled, children_of, examples_of, load_labelled, missing_data
from processes import python

TICKETS = 10_000
RECORDS = 300
BATCH = 2_000


# --- the workspace ---------------------------------------------------------------------------------------


def write_workspace(folder: Path, rows: Sequence[Labelled]) -> None:
    children = children_of(rows)
    leaves = sorted({row.leaf for row in rows} - {"other"})
    intents = {parent: {"children": list(found)} for parent, found in children.items() if parent != "root"}
    files: dict[str, Any] = {
        "fixloop.yaml": {"fixloop": 1, "language": "en", "fallback": {"reply": "handover"}},
        "workspace/intents.yaml": {
            "root": list(children["root"]),
            "thresholds": {"root": 0.3},
            "intents": {**intents, **{leaf: {"description": leaf} for leaf in leaves}},
        },
        "workspace/extraction.yaml": EXTRACTION,
        "workspace/fetch.yaml": FETCH,
        "workspace/templates.yaml": {**TEMPLATES, **{leaf: _reply(leaf) for leaf in leaves}},
        "workspace/tools.yaml": {"escalate": {"description": "A person.", "args": {}, "side_effects": True}},
        **{f"plan_trees/{leaf}.yaml": _tree(leaf) for leaf in leaves},
    }
    for path, value in files.items():
        _write(folder / path, json.dumps(value, indent=1))  # JSON is YAML
    for leaf, texts in examples_of(rows).items():
        _write(folder / f"workspace/examples/{leaf}.jsonl", _lines({"text": text} for text in texts))
    _write(folder / "workspace/records/accounts.jsonl", _lines(map(_account, range(RECORDS))))


EXTRACTION = {
    "groups": {
        "account": {
            "account_number": {"patterns": [r"\b[A-Z]{3,4}[0-9O]{4,5}\b"], "variants": "confusable"},
            "branch": {"values_from": "accounts.branch"},
        },
        "people": {"given_name": {"values_from": "accounts.holders.given_name"}},
        "payment": {
            "amount": {"patterns": [r"(?:€|£|\$) ?(\d{1,6}(?:[.,]\d{2})?)", r"\b(\d{1,6}) dollars\b"]}
        },
        "contact": {"email": {"patterns": [r"\b[\w.+-]{1,64}@[\w-]{1,40}\.[a-z]{2,6}\b"]}},
    }
}
FETCH = {
    "sources": {
        "accounts": {
            "kind": "jsonl",
            "path": "workspace/records/accounts.jsonl",
            "id": "account_id",
            "fields": {
                **{name: "string" for name in ("account_id", "account_number", "branch", "hotline")},
                "holders": "list",
                "fraud_flag": "boolean",
            },
        }
    },
    "signals": [
        {"field": "account.account_number", "source": "accounts", "match": "account_number", "weight": 5},
        {"field": "people.given_name", "source": "accounts", "match": "holders.given_name", "weight": 2},
        {"field": "account.branch", "source": "accounts", "match": "branch", "weight": 2},
    ],
    "threshold": 4,
}
TEMPLATES = {
    "handover": {"description": "A person.", "text": "A colleague will answer you."},
    "which": {"description": "Ask.", "text": "Which of your {{ fetched.count }} accounts is it about?"},
    "account": {"description": "Ask.", "text": "Please send us your account number."},
    "security": {"description": "Fraud.", "text": "Our security team will call you."},
}


def _reply(leaf: str) -> dict[str, str]:
    text = f"About {leaf}: please call {{{{ record.hotline }}}} and give {{{{ record.account_number }}}}."
    return {"description": leaf, "text": text}


def _tree(leaf: str) -> dict[str, Any]:
    fraud = {"when": {"record.fraud_flag": True}, "reply": "security", "tools": [{"name": "escalate"}]}
    asks = [
        {"when": {"fetched.count": 0}, "reply": "account"},
        {"when": {"fetched.count": {"gt": 1}}, "reply": "which"},
    ]
    return {"leaf": leaf, "owner": "benchmark", "branches": [*asks, fraud, {"reply": leaf}]}


def _account(number: int) -> dict[str, Any]:
    return {
        "account_id": f"a{number:03}",
        "account_number": f"KTR{number:05}",
        "branch": f"{('Upper', 'Lower', 'Old', 'New')[number % 4]} {'ABCDEFGHIJ'[number % 10]}town",
        "holders": [{"given_name": f"Name{number % 150}"}, {"given_name": f"Name{number * 7 % 150}"}],
        "fraud_flag": number % 20 == 0,
        "hotline": "0800 1234",
    }


def _ticket(number: int, text: str) -> dict[str, str]:
    account = _account(number % RECORDS)
    says = (
        f" My account is {account['account_number']}.",
        f" {account['holders'][0]['given_name']}, {account['branch']}",
        "",
    )
    return {"id": f"T-{number}", "text": text + says[number % 3]}


def _lines(values: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


# --- processes -------------------------------------------------------------------------------------------


def answer(folder: Path) -> None:
    """The child: one proposal, then all; prints the CPU seconds of all."""
    from fixloop.adapters.disk_cache import DiskCache
    from fixloop.adapters.work_tree import read_work_tree
    from fixloop.pipeline.compile import compile_pipeline
    from fixloop.pipeline.ticket import parse_ticket_line
    from fixloop.workspace.stored import load_stored

    cache = DiskCache(folder / ".git" / "fixloop" / "cache")
    pipeline = compile_pipeline(load_stored(read_work_tree(folder), cache), cache)
    lines = (folder / "tickets.jsonl").read_bytes().splitlines()
    pipeline.propose([parse_ticket_line(lines[0])])
    start = time.process_time()
    with Path(os.devnull).open("w", encoding="utf-8") as out:
        for first in range(0, len(lines), BATCH):
            tickets = [parse_ticket_line(line) for line in lines[first : first + BATCH]]
            for proposal in pipeline.propose(tickets):
                out.write(json.dumps(proposal.to_json(), ensure_ascii=False) + "\n")
    print(time.process_time() - start)


def first_answers(folder: Path, runs: int) -> None:
    """One ticket, whole processes: cold, then warm in turns with Typer alone."""
    one = ["-m", "fixloop", "run", "one.jsonl", "--json"]
    typer = ["-c", "import typer; print(1)"]
    python(typer, folder)
    print(f"cold: answered after {python(one, folder).seconds:.2f} s")
    python(one, folder)
    pairs = [(python(typer, folder).seconds, python(one, folder).seconds) for _ in range(runs)]
    alone, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    print(f"warm: answered after {ours:.2f} s; import typer {alone:.2f} s: {ratio:.1f} times")


def throughput(folder: Path, runs: int) -> None:
    """All tickets in one process that is warm."""
    child = [str(Path(__file__).resolve()), str(folder), "--child"]
    seconds = [float(python(child, folder).out) for _ in range(runs)]
    print(f"then {TICKETS / statistics.median(seconds):,.0f} tickets/s a core")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="the folder that holds clinc150/train.jsonl")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        answer(options.data)
        return 0
    if missing_data(options.data, "clinc150"):
        print(
            f"skipped: {options.data}/clinc150/train.jsonl is not there (CLINC150, CC BY 3.0, clinc/oos-eval)"
        )
        return 0
    with tempfile.TemporaryDirectory() as name:
        report(Path(name), load_labelled(options.data / "clinc150" / "train.jsonl"), options.runs)
    return 0


def report(folder: Path, rows: Sequence[Labelled], runs: int) -> None:
    write_workspace(folder, rows)
    tickets = [_ticket(number, rows[number % len(rows)].text) for number in range(TICKETS)]
    _write(folder / "tickets.jsonl", _lines(tickets))
    _write(folder / "one.jsonl", _lines(tickets[:1]))
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    first_answers(folder, runs)
    throughput(folder, min(runs, 5))


if __name__ == "__main__":
    raise SystemExit(main())
