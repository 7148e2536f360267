"""A workspace as large as a busy support desk's, generated: 64 leaves, 10,000 cases over all suites.

Everything follows from the numbers below, so two machines measure the same files.
"""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

PARENTS, LEAVES_EACH = 8, 8
EXAMPLES_EACH = 40
RECORDS = 1_000
CASES: Mapping[str, int] = {
    "intent": 4_000,
    "extraction": 1_000,
    "fetch": 1_000,
    "plan": 2_000,
    "pipeline": 1_400,
    "known_good": 400,
    "fallback": 200,
}
BRANCHES = ("Riverton", "Easton", "Northgate", "Millbrook", "Ashford", "Harwick")
_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu")
_FILLERS = (
    "please help me with the {a} and the {b}",
    "why is my {a} not like the {b}",
    "I cannot find the {a}, it says {b}",
    "the {a} from yesterday shows {b} again",
    "can you look at the {b} of my {a}",
    "{a} does not work since the {b} was changed",
)

Files = dict[str, str]


class Numbered(NamedTuple):
    """A leaf with the words its customers use."""

    id: str
    words: tuple[str, ...]


def leaves() -> list[Numbered]:
    """Every leaf, by parent; each has twelve words of its own."""
    draw = random.Random(3)
    found = []
    for parent in range(PARENTS):
        for leaf in range(LEAVES_EACH):
            words = tuple("".join(draw.choices(_SYLLABLES, k=3)) for _ in range(12))
            found.append(Numbered(f"p{parent}_leaf{leaf}", words))
    return found


def workspace_files() -> Files:
    """Everything but the cases."""
    files = {
        "fixloop.yaml": "fixloop: 1\nlanguage: en\nfallback: {reply: handover}\n",
        "workspace/intents.yaml": _intents(),
        "workspace/extraction.yaml": _EXTRACTION,
        "workspace/fetch.yaml": _FETCH,
        "workspace/records/accounts.jsonl": _lines(map(account, range(RECORDS))),
        "workspace/templates.yaml": _templates(),
        "workspace/tools.yaml": _TOOLS,
        "workspace/examples/other.jsonl": _lines({"text": f"idle talk {n} of nothing"} for n in range(40)),
    }
    for leaf in leaves():
        texts = _texts(leaf, "example")
        files[f"workspace/examples/{leaf.id}.jsonl"] = _lines(
            {"text": next(texts)} for _ in range(EXAMPLES_EACH)
        )
        files[f"plan_trees/{leaf.id}.yaml"] = plan_tree(leaf.id)
    return files


def case_files(cases: Mapping[str, int] = CASES) -> Files:
    """The cases, a file a suite and leaf."""
    texts = {leaf.id: _texts(leaf, "case") for leaf in leaves()}
    files: dict[str, list[dict[str, Any]]] = {}
    for suite, count in cases.items():
        for number in range(count):
            leaf = leaves_by_turn[number % len(leaves_by_turn)].id
            files.setdefault(f"evals/{suite}/{leaf}.jsonl", []).append(
                _case(suite, number, leaf, next(texts[leaf]))
            )
    return {path: _lines(found) for path, found in files.items()}


def write_repository(root: Path, files: Mapping[str, str]) -> None:
    """A git repository with one commit of the files."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "a large desk")):
        git(root, *words)


def git(root: Path, *words: str) -> str:
    """One git command with a person's name."""
    person = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", "-C", str(root), *person, *words], check=True, capture_output=True, text=True
    )
    return done.stdout


# --- parts ----------------------------------------------------------------------------------------------


def account(number: int) -> dict[str, Any]:
    """One record."""
    return {
        "account_id": f"acc_{number}",
        "account_number": f"NSB{10_000 + number}",
        "branch": BRANCHES[number % len(BRANCHES)],
        "fraud_flag": number % 3 == 0,
        "balance": number,
        "hotline": f"0800 {number:04}",
    }


def plan_tree(leaf: str, threshold: int = 500) -> str:
    """A leaf's plan: six branches, two templates of its own, a tool."""
    return f"""\
leaf: {leaf}
owner: desk
branches:
  - {{when: {{fetched.count: 0}}, reply: request_account_information}}
  - {{when: {{fetched.count: {{gt: 1}}}}, reply: ask_which_account}}
  - id: fraud
    when: {{record.fraud_flag: true}}
    reply: security_escalation
    tools: [{{name: escalate_to_security, args: {{account_id: "{{{{ record.account_id }}}}"}}}}]
    review: always
  - {{id: rich, when: {{record.balance: {{gte: {threshold}}}}}, reply: {leaf}_rich}}
  - {{id: riverton, when: {{record.branch: Riverton}}, reply: {leaf}_plain}}
  - {{reply: {leaf}_plain}}
"""


def _case(suite: str, number: int, leaf: str, text: str) -> dict[str, Any]:
    row = account(number % RECORDS)
    named = f"{text}, account {row['account_number']}"
    name = f"{suite}-{number}"
    if suite == "intent":
        return {"id": name, "text": text, "expect": leaf}
    if suite == "extraction":
        return {"id": name, "text": named, "expect": {"account": {"account_number": [row["account_number"]]}}}
    if suite == "fetch":
        fields = {"account": {"account_number": [row["account_number"]]}}
        return {"id": name, "fields": fields, "expect": {"records": [row["account_id"]]}}
    reply = _reply(leaf, row)
    if suite == "plan":
        return {"id": name, "leaf": leaf, "records": [row], "expect": {"reply": reply}}
    ticket = {"id": f"T-{name}", "text": named}
    if suite == "fallback":
        return {"id": name, "ticket": {"id": name, "text": f"weather talk {number}"}, "expect": {"tools": []}}
    return {"id": name, "ticket": ticket, "expect": {"leaf": leaf, "reply": reply}}


def _reply(leaf: str, row: Mapping[str, Any]) -> str:
    if row["fraud_flag"]:
        return "security_escalation"
    return f"{leaf}_rich" if row["balance"] >= 500 else f"{leaf}_plain"


def _texts(leaf: Numbered, what: str) -> Iterator[str]:
    draw = random.Random(f"{leaf.id} {what}")
    seen: set[str] = set()
    number = 0
    while True:
        number += 1
        a, b = draw.sample(leaf.words, 2)
        text = f"{draw.choice(_FILLERS).format(a=a, b=b)} {draw.choice(leaf.words)} {what} {number}"
        if text not in seen:
            seen.add(text)
            yield text


def _intents() -> str:
    parents = {
        f"p{n}": {"description": f"Area {n}.", "children": [f"p{n}_leaf{m}" for m in range(LEAVES_EACH)]}
        for n in range(PARENTS)
    }
    below = {leaf.id: {"description": f"About {leaf.words[0]}."} for leaf in leaves()}
    return json.dumps({"root": list(parents), "thresholds": {"root": 0.2}, "intents": {**parents, **below}})


def _templates() -> str:
    shared = {
        "handover": "A colleague will look at this.",
        "request_account_information": "Please tell us your account number.",
        "ask_which_account": "Which account is it?",
        "security_escalation": "Our security team will contact you about {{ record.account_number }}.",
    }
    own = {
        name: text
        for leaf in leaves()
        for name, text in (
            (f"{leaf.id}_rich", f"About {leaf.words[0]}: please call {{{{ record.hotline }}}}."),
            (f"{leaf.id}_plain", f"About {leaf.words[1]}: we will write to you."),
        )
    }
    return json.dumps({name: {"description": "-", "text": text} for name, text in {**shared, **own}.items()})


def _lines(rows: Any) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


_EXTRACTION = """\
groups:
  account:
    account_number: {patterns: ['\\b[A-Z]{3}[0-9O]{5}\\b'], variants: confusable}
    branch: {values_from: accounts.branch}
"""
_FETCH = """\
sources:
  accounts:
    kind: jsonl
    path: workspace/records/accounts.jsonl
    id: account_id
    fields: {account_id: string, account_number: string, branch: string, fraud_flag: boolean, balance: number,
             hotline: string}
signals:
  - {field: account.account_number, source: accounts, match: account_number, weight: 5}
  - {field: account.branch, source: accounts, match: branch, weight: 2}
threshold: 4
"""
_TOOLS = """\
escalate_to_security:
  description: Opens a case at the fraud desk.
  args: {type: object, properties: {account_id: {type: string}}, required: [account_id]}
  side_effects: true
"""

leaves_by_turn = leaves()
