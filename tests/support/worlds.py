"""Small worlds, stated in the test that needs them: path to text, and what fixloop makes of it."""

from collections.abc import Mapping

from fixloop.workspace.load import load_workspace
from fixloop.workspace.model import Workspace
from fixloop.workspace.snapshot import MemorySnapshot

_MINIMAL = {
    "fixloop.yaml": """\
fixloop: 1
language: en
fallback: {reply: handover}
""",
    "workspace/intents.yaml": """\
root: [account_access, payments]
thresholds: {root: 0.3}
intents:
  account_access:
    description: The customer cannot get into an account.
    children: [account_locked, login_problem]
  payments:
    description: Money that moves.
    children: [transfer_failed, payment_recall]
  account_locked: {description: The account is locked.}
  login_problem: {description: Signing in fails.}
  transfer_failed: {description: A transfer came back.}
  payment_recall: {description: The customer wants a payment back.}
""",
    "workspace/examples/account_locked.jsonl": """\
{"text": "I can no longer access the account"}
{"text": "my account is locked"}
{"text": "locked out of my account again"}
""",
    "workspace/examples/login_problem.jsonl": """\
{"text": "the sign in page shows an error"}
{"text": "login fails with a blank screen"}
{"text": "the app says something went wrong when I sign in"}
""",
    "workspace/examples/transfer_failed.jsonl": """\
{"text": "my transfer was rejected"}
{"text": "the money I sent came back"}
{"text": "why did the transfer fail"}
""",
    "workspace/examples/payment_recall.jsonl": """\
{"text": "I paid the invoice twice, please get one payment back"}
{"text": "recall the payment I made this morning"}
{"text": "can you return my payment to me"}
""",
    "workspace/examples/other.jsonl": """\
{"text": "what a lovely day"}
{"text": "do you sponsor football clubs"}
""",
    "workspace/extraction.yaml": """\
groups:
  account:
    account_number:
      patterns: ['\\b[A-Z]{3,4}[0-9O]{4,5}\\b']
      variants: confusable
    branch: {values_from: accounts.branch}
  people:
    given_name: {values_from: accounts.holders.given_name}
""",
    "workspace/fetch.yaml": """\
sources:
  accounts:
    kind: jsonl
    path: workspace/records/accounts.jsonl
    id: account_id
    fields:
      account_id: string
      account_number: string
      branch: string
      holders: list
      fraud_flag: boolean
      hotline: string
    personal: [account_number, holders]
signals:
  - {field: account.account_number, source: accounts, match: account_number, weight: 5}
  - {field: account.branch, source: accounts, match: branch, weight: 2}
  - {field: people.given_name, source: accounts, match: holders.given_name, weight: 3}
threshold: 4
""",
    "workspace/records/accounts.jsonl": """\
{"account_id": "a1", "account_number": "KTR05821", "branch": "Riverton", \
"holders": [{"given_name": "Alex"}], "fraud_flag": true, "hotline": "0800 1234"}
{"account_id": "a2", "account_number": "NSB01234", "branch": "Riverton", "holders": [{"given_name": "Bo"}], \
"fraud_flag": false, "hotline": "0800 1234"}
{"account_id": "a3", "account_number": "KLM20418", "branch": "Easton", "holders": [{"given_name": "Alex"}, \
{"given_name": "Cy"}], "hotline": "0800 5678"}
{"account_id": "a4", "account_number": "PQR77120", "branch": "Easton", "holders": [{"given_name": "Dee"}], \
"fraud_flag": false, "hotline": "0800 5678"}
""",
    "workspace/templates.yaml": """\
handover:
  description: A person takes over.
  text: A colleague will look at this and answer you.
request_account_information:
  description: No account was found.
  text: Please tell us your account number.
ask_which_account:
  description: Several accounts fit.
  text: Which of your accounts is it?
security_escalation:
  description: The fraud desk takes over.
  text: Our security team will contact you about {{ record.account_number }}.
unlock_instructions:
  description: How to unlock.
  text: Please call {{ record.hotline }} and we will unlock the account.
transfer_help:
  description: What to check after a failed transfer.
  text: Please check the account number of the payee.
""",
    "workspace/tools.yaml": """\
escalate_to_security:
  description: Opens a case at the fraud desk.
  args:
    type: object
    properties: {account_id: {type: string}}
    required: [account_id]
  side_effects: true
""",
    "plan_trees/account_locked.yaml": """\
leaf: account_locked
owner: identity-team
stability: open
branches:
  - {when: {fetched.count: 0}, reply: request_account_information}
  - {when: {fetched.count: {gt: 1}}, reply: ask_which_account}
  - id: fraud
    when: {record.fraud_flag: true}
    reply: security_escalation
    tools: [{name: escalate_to_security, args: {account_id: "{{ record.account_id }}"}}]
    review: always
  - {reply: unlock_instructions}
""",
    "plan_trees/login_problem.yaml": """\
leaf: login_problem
owner: identity-team
branches:
  - {when: {fetched.count: {ne: 1}}, reply: request_account_information}
  - {reply: unlock_instructions}
""",
    "plan_trees/transfer_failed.yaml": """\
leaf: transfer_failed
owner: payments-team
branches:
  - {reply: transfer_help}
""",
}


def minimal_world(**overrides: str | None) -> dict[str, str]:
    """A small valid workspace: two parents, four leaves, four account rows, three plan trees.

    `payment_recall` has no plan tree, so it gets the fallback: the world's one warning. An override names a
    file by its last part without the ending (`fetch="..."`, `intents=None` removes it); write other files
    with `{**minimal_world(), "path": "text"}`.
    """
    world = dict(_MINIMAL)
    by_stem = {path.rpartition("/")[2].rpartition(".")[0]: path for path in world if "examples/" not in path}
    by_stem["account_locked"] = "plan_trees/account_locked.yaml"
    for name, text in overrides.items():
        if text is None:
            del world[by_stem[name]]
        else:
            world[by_stem[name]] = text
    return world


def build_snapshot(files: Mapping[str, str | bytes]) -> MemorySnapshot:
    """A snapshot of these paths and texts."""
    encoded = {path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()}
    return MemorySnapshot(encoded)


def build_workspace(files: Mapping[str, str | bytes] | None = None) -> Workspace:
    """The workspace of these files, or of the minimal world."""
    return load_workspace(build_snapshot(minimal_world() if files is None else files))
