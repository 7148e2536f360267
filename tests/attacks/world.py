"""The small bank with enough cases to defend it, and a branch that attacks."""

import json
from collections.abc import Mapping
from pathlib import Path

from fixloop.commands.desk import Desk
from fixloop.commands.gate import gate
from fixloop.gate.verdict import Verdict
from tests.support.git_worlds import commit_all, run_git
from tests.support.loop import bank, desk_of
from tests.support.worlds import minimal_world

WORLD = minimal_world()
TREE = "plan_trees/account_locked.yaml"
TRANSFER = "plan_trees/transfer_failed.yaml"
TEMPLATES = "workspace/templates.yaml"
EXTRACTION = "workspace/extraction.yaml"
FETCH = "workspace/fetch.yaml"
PLAN = "evals/plan/base.yaml"
INTENT = "evals/intent/base.jsonl"

CASES: Mapping[str, str] = {
    PLAN: """\
- id: p-fraud
  leaf: account_locked
  records: [{account_id: a1, account_number: KTR05821, fraud_flag: true}]
  expect: {reply: security_escalation, tools: [escalate_to_security]}
- {id: p-none, leaf: account_locked, records: [], expect: {reply: request_account_information, tools: []}}
- id: p-unlock
  leaf: account_locked
  records: [{account_id: a2, fraud_flag: false, hotline: 0800 1234}]
  expect: {reply: {template: unlock_instructions, contains: [0800 1234]}, tools: []}
- {id: p-transfer, leaf: transfer_failed, expect: {reply: transfer_help}}
- {id: p-login, leaf: login_problem, records: [], expect: {reply: request_account_information}}
""",
    "evals/fetch/base.yaml": """\
- {id: f-number, fields: {account: {account_number: [NSB01234]}}, expect: {records: [a2]}}
- {id: f-branch, fields: {account: {branch: [Easton]}}, expect: {records: []}}
- {id: f-name, fields: {people: {given_name: [Bo]}, account: {branch: [Riverton]}}, expect: {records: [a2]}}
""",
    "evals/extraction/base.yaml": """\
- {id: e-number, text: account NSB01234 please, expect: {account: {account_number: [NSB01234]}}, exact: true}
- {id: e-none, text: a lovely DAY, expect: {}, exact: true}
""",
    INTENT: "".join(
        json.dumps({"id": f"i-{n}", "text": text, "expect": leaf}) + "\n"
        for n, (text, leaf) in enumerate(
            [
                ("my transfer was sent back", "transfer_failed"),
                ("the account is locked, I can no longer access it", "account_locked"),
                ("signing in shows an error", "login_problem"),
            ]
        )
    ),
    "evals/pipeline/base.jsonl": json.dumps(
        {
            "id": "w-locked",
            "ticket": {"id": "W-1", "text": "NSB01234 my account is locked out"},
            "expect": {"leaf": "account_locked", "records": ["a2"], "reply": "unlock_instructions"},
        }
    )
    + "\n",
}


def defended(tmp_path: Path, **files: str) -> Desk:
    """A desk on the bank with its cases, and some files replaced."""
    return bank(tmp_path, **{**CASES, **files})


def attack(desk: Desk, files: Mapping[str, str | bytes | None], **options: str) -> Verdict:
    """The verdict on a branch with these files changed (None: deleted)."""
    run_git(desk.folder, "checkout", "-q", "-B", "work", "main")
    for path in (path for path, text in files.items() if text is None):
        (desk.folder / path).unlink()
    commit_all(desk.folder, {path: text for path, text in files.items() if text is not None})
    run_git(desk.folder, "checkout", "-q", "main")
    return gate(desk_of(desk.folder), "main", "work", **options).verdict


def refusals(verdict: Verdict) -> list[str]:
    """The checks that fail."""
    return [check.id for check in verdict.failures]


def shown(verdict: Verdict) -> str:
    """All that a verdict says, as text."""
    return json.dumps(verdict.to_json(), ensure_ascii=False)
