"""A small world in which every operator finds something to spoil, with cases of every suite."""

import json

from fixloop.evals.case import CaseSet
from fixloop.evals.cases import load_cases
from fixloop.feedback.model import Feedback
from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.pipeline.ticket import parse_ticket
from fixloop.ports.cache import NoCache
from fixloop.workspace.load import load_workspace
from fixloop.workspace.model import Workspace
from fixloop.workspace.snapshot import MemorySnapshot
from tests.support.worlds import build_snapshot, minimal_world

_TREE = """\
leaf: account_locked
owner: identity-team
stability: open
branches:
  - {when: {fetched.count: 0}, reply: request_account_information}
  - {when: {fetched.count: {gt: 1}}, reply: ask_which_account}
  - id: fraud
    when: {record.fraud_flag: true}
    reply: security_escalation
    tools:
      - {name: escalate_to_security, args: {account_id: "{{ record.account_id }}", urgency: high}}
    review: always
  - when: {record.branch: Riverton, fields.card.kind: {exists: true}}
    branches:
      - when: {any: [{fields.card.kind: debit}, {fields.card.kind: {contains: giro}}]}
        reply: unlock_instructions
        tools: [{name: block_card, args: {account_id: "{{ record.account_id }}", copies: 1}}]
      - {reply: ask_which_account}
  - {reply: unlock_instructions}
"""

_TOOLS = """\
escalate_to_security:
  description: Opens a case at the fraud desk.
  args:
    type: object
    properties: {account_id: {type: string}, urgency: {type: string, enum: [low, high]}}
    required: [account_id]
  side_effects: true
block_card:
  description: Blocks a card.
  args:
    type: object
    properties: {account_id: {type: string}, copies: {type: number}, urgency: {type: string}}
    required: [account_id]
  side_effects: true
"""

_EXTRACTION = """\
groups:
  account:
    account_number:
      patterns: ['\\b[A-Z]{3,4}[0-9O]{4,5}\\b']
      variants: confusable
    branch: {values_from: accounts.branch}
  people:
    given_name: {values_from: accounts.holders.given_name}
  card:
    kind: {values: [debit, girocard]}
    last_four: {patterns: ['(?i)\\bending (\\d{4})(?!\\d)']}
"""

_ROWS = {"accounts": [{"account_id": "z9", "account_number": "ZZZ00001", "branch": "Zell"}]}

_CASES: dict[str, list[dict[str, object]]] = {
    "intent": [
        {"id": "i1", "text": "my account is locked, help", "expect": "account_locked"},
        {"id": "i2", "text": "sign in shows an error", "expect": "login_problem"},
        {"id": "i3", "text": "the transfer came back", "expect": "transfer_failed"},
        {"id": "i4", "text": "what is the meaning of life", "expect": "other"},
        {"id": "i5", "text": "my transfer was rejected by you", "expect": "payment_recall"},
    ],
    "extraction": [
        {
            "id": "x1",
            "text": "my debit card ending 1234",
            "expect": {"card": {"kind": ["debit"], "last_four": ["1234"]}},
        },
        {"id": "x2", "text": "ending 12345", "exact": True, "expect": {}},
        {"id": "x3", "text": "KTRO5821", "expect": {"account": {"account_number": ["KTR05821"]}}},
        {"id": "x4", "text": "at Zell", "rows": _ROWS, "expect": {"account": {"branch": ["Zell"]}}},
    ],
    "fetch": [
        {
            "id": "f1",
            "fields": {"account": {"account_number": ["KTR05821"]}},
            "expect": {"records": ["a1"]},
        },
        {
            "id": "f2",
            "fields": {"people": {"given_name": ["Alex"]}, "account": {"branch": ["Easton"]}},
            "expect": {"records": ["a3"]},
        },
        {"id": "f3", "fields": {"account": {"branch": ["Zell"]}}, "rows": _ROWS, "expect": {"records": []}},
    ],
    "plan": [
        {"id": "p1", "leaf": "account_locked", "expect": {"reply": "request_account_information"}},
        {
            "id": "p2",
            "leaf": "account_locked",
            "records": [{"account_id": "a1", "fraud_flag": True, "account_number": "K"}],
            "expect": {"reply": "security_escalation", "tools": ["escalate_to_security"]},
        },
        {
            "id": "p3",
            "leaf": "account_locked",
            "fields": {"card": {"kind": ["debit"]}},
            "records": [{"account_id": "a1", "branch": "Riverton", "hotline": "1"}],
            "expect": {"reply": "unlock_instructions", "tools": ["block_card"]},
        },
        {
            "id": "p4",
            "leaf": "account_locked",
            "records": [{"account_id": "a1", "branch": "Easton", "hotline": "1"}],
            "expect": {"branch": "default_of_tree"},
        },
        {
            "id": "p5",
            "leaf": "login_problem",
            "records": [{"account_id": "a1", "hotline": "1"}],
            "expect": {"reply": "unlock_instructions"},
        },
    ],
    "pipeline": [
        {
            "id": "t1",
            "ticket": {"id": "T1", "text": "my account is locked, number KTR05821"},
            "expect": {"leaf": "account_locked", "reply": "security_escalation"},
        },
        {
            "id": "t2",
            "ticket": {"id": "T2", "text": "locked out of my account again, Alex in Easton"},
            "expect": {"records": ["a3"]},
        },
        {
            "id": "t3",
            "ticket": {"id": "T3", "text": "my account is locked, I live in Zell"},
            "rows": _ROWS,
            "expect": {"reply": "request_account_information"},
        },
    ],
    "fallback": [
        {"id": "b1", "ticket": {"id": "B", "text": "what a lovely day"}, "expect": {"leaf": "other"}}
    ],
}

_STORED = (
    "locked out of my account again, NSB01234, debit card ending 4321",
    "login fails with a blank screen, Bo in Riverton",
    "the money I sent came back",
    "my account is locked, girocard, PQR77120 Easton",
)


def busy_snapshot() -> MemorySnapshot:
    """The files, cases and all."""
    files = minimal_world(account_locked=_TREE, tools=_TOOLS, extraction=_EXTRACTION)
    default = {"branch": _default_id(files)}
    for suite, cases in _CASES.items():
        given = [{**c, "expect": default} if c["id"] == "p4" else c for c in cases]
        files[f"evals/{suite}/some.jsonl"] = "".join(json.dumps(case) + "\n" for case in given)
    return build_snapshot(files)


def _default_id(files: dict[str, str]) -> str:
    tree = load_workspace(build_snapshot(files)).plan_trees["account_locked"]
    return tree.branches[-1].id


class Busy:
    """The world loaded, compiled, with its cases and stored tickets."""

    def __init__(self) -> None:
        self.snapshot = busy_snapshot()
        self.workspace: Workspace = load_workspace(self.snapshot)
        self.pipeline: Pipeline = compile_pipeline(self.workspace, NoCache())
        self.cases: CaseSet = load_cases(self.snapshot)
        self.stored = tuple(self._feedback(number, text) for number, text in enumerate(_STORED))

    def _feedback(self, number: int, text: str) -> Feedback:
        ticket = {"id": f"S{number}", "text": text}
        [proposal] = self.pipeline.propose([parse_ticket(ticket)])
        return Feedback(f"fb-{number}", "native", ticket, "accepted", proposal=proposal.to_json())
