"""A small bank in a real repository, with staff's words on its record, and the command line to work on it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixloop.__main__ import main
from tests.support.git_worlds import cut_off_git, make_repo
from tests.support.staff import record_words
from tests.support.worlds import minimal_world

WITHOUT_FRAUD = """\
leaf: account_locked
owner: identity-team
branches:
  - {when: {fetched.count: 0}, reply: request_account_information}
  - {when: {fetched.count: {gt: 1}}, reply: ask_which_account}
  - {reply: unlock_instructions}
"""
KNOWS_FRAUD = """\
leaf: login_problem
owner: identity-team
branches:
  - {when: {fetched.count: {ne: 1}}, reply: request_account_information}
  - when: {record.fraud_flag: true}
    reply: security_escalation
    tools: [{name: escalate_to_security, args: {account_id: "{{ record.account_id }}"}}]
  - {reply: unlock_instructions}
"""
CASES = """\
- {id: plan-1, leaf: account_locked, records: [], expect: {reply: request_account_information}}
- {id: plan-2, leaf: transfer_failed, records: [], expect: {reply: transfer_help, tools: []}}
"""
BANK = {
    **minimal_world(),
    "plan_trees/account_locked.yaml": WITHOUT_FRAUD,
    "plan_trees/login_problem.yaml": KNOWS_FRAUD,
    "evals/plan/bank.yaml": CASES,
    "evals/intent/bank.jsonl": '{"id": "int-1", "text": "account got locked", "expect": "account_locked"}\n',
}


@dataclass(frozen=True)
class Said:
    """What one command line said, and how it ended."""

    code: int
    out: str
    err: str


Fixloop = Callable[..., Said]


@pytest.fixture(autouse=True)
def _own_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cut_off_git(monkeypatch, tmp_path / "home")


@pytest.fixture
def fixloop(capsys: pytest.CaptureFixture[str]) -> Fixloop:
    """The command line, in this process."""

    def run(*words: str) -> Said:
        capsys.readouterr()
        code = main(words)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose account_locked tree forgets the fraud desk; the current folder."""
    folder = make_repo(tmp_path, BANK)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def told(bank: Path) -> Path:
    """The bank, and what staff said of four of its proposals."""
    wanted = {"tools": ["escalate_to_security"]}
    record_words(
        bank,
        [
            {
                "text": "our account number is KTR05821, we can no longer access it",
                "comment": "fraud flag was set, never send unlock steps",
                "expected": wanted,
                "reason": "wrong_action",
            },
            {"text": "KTR05821 my account is locked", "comment": "fraud flag! to security"},
            {"text": "NSB01234 my account is locked", "outcome": "accepted"},
            {"text": "locked out of my account again PQR77120", "outcome": "accepted"},
        ],
    )
    return bank


def plain(text: str) -> str:
    """A page without what differs from run to run: ids of commits and trees, and the time."""
    text = re.sub(r"\b[0-9a-f]{12}\b", "<oid>", text)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "<time>", text)
