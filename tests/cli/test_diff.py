"""`diff` at the terminal: whose proposal moves between two commits."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Fixloop
from tests.support.git_worlds import commit_all, picture, run_git
from tests.support.staff import record_words

LOCKED = "plan_trees/account_locked.yaml"


@pytest.fixture
def moved(told: Path) -> Path:
    """The bank, and a branch on which a missing account is met with other words."""
    text = (told / LOCKED).read_text()
    templates = (told / "workspace/templates.yaml").read_text()
    assert "unlock_instructions:" in templates
    run_git(told, "checkout", "-q", "-b", "work")
    commit_all(told, {LOCKED: text.replace("reply: unlock_instructions", "reply: security_escalation")})
    run_git(told, "checkout", "-q", "main")
    return told


def test_the_page(fixloop: Fixloop, moved: Path) -> None:
    before = picture(moved)
    said = fixloop("diff", "main", "work")
    assert said.code == 0
    assert picture(moved) == before
    first, *lines = said.out.splitlines()
    assert first == "4 of 4 stored tickets get another proposal (first at plan 4)"
    assert lines[1] == "  shift     0.0000 bits between the leaf distributions (Jensen–Shannon, base 2)"
    assert sum(line.startswith("  fb-") for line in lines) == 4
    assert all(len(line) <= 80 for line in said.out.splitlines())


def test_the_limit_says_what_it_leaves_out(fixloop: Fixloop, moved: Path) -> None:
    out = fixloop("diff", "main", "work", "--limit", "1").out
    assert sum(line.startswith("  fb-") for line in out.splitlines()) == 1
    assert "and 3 more: --limit N, or --json for all" in out
    assert fixloop("diff", "main", "work", "--limit", "0").code == 2


def test_the_document(fixloop: Fixloop, moved: Path) -> None:
    document = json.loads(fixloop("diff", "main", "work", "--json").out)
    assert (document["tickets"], document["moved"], document["steps"]) == (4, 4, {"plan": 4})
    move = document["moves"][0]
    assert {*move} == {"id", "step", "from", "to", "text"}
    assert move["from"].startswith("account_locked/") and move["to"].startswith("account_locked/")
    assert document["leaves"]["account_locked"] == {"before": 4, "after": 4, "left": 0, "came": 0}


@pytest.mark.parametrize(
    ("path", "was", "to", "step"),
    [
        ("workspace/extraction.yaml", "[A-Z]{3,4}", "[A-Z]{9}", "extraction"),
        ("workspace/fetch.yaml", "threshold: 4", "threshold: 9", "fetch"),
        (LOCKED, "reply: unlock_instructions", "reply: security_escalation", "plan"),
        ("workspace/templates.yaml", "call {{", "ring {{", "template"),
    ],
)
def test_a_move_begins_at_the_step_that_changed(
    fixloop: Fixloop, told: Path, path: str, was: str, to: str, step: str
) -> None:
    before = (told / path).read_text()
    assert was in before
    run_git(told, "checkout", "-q", "-b", "work")
    commit_all(told, {path: before.replace(was, to)})
    run_git(told, "checkout", "-q", "main")
    document = json.loads(fixloop("diff", "main", "work", "--json").out)
    assert document["steps"] == {step: document["moved"]}
    assert document["moved"] > 0


def test_a_commit_and_itself(fixloop: Fixloop, moved: Path) -> None:
    said = fixloop("diff", "main", "main")
    assert (said.code, said.out.splitlines()[0]) == (0, "0 of 4 stored tickets get another proposal")


def test_nothing_is_stored(fixloop: Fixloop, bank: Path) -> None:
    said = fixloop("diff", "main", "main")
    assert said.code == 0
    assert "fixloop ingest FILE" in said.out


def test_a_branch_that_brings_an_engine_is_answered_by_the_bases(fixloop: Fixloop, moved: Path) -> None:
    run_git(moved, "checkout", "-q", "work")
    commit_all(
        moved,
        {
            "fixloop.yaml": "fixloop: 1\nengines: {intent: 'python:evil:make'}\n",
            "evil.py": "raise SystemExit('ran')\n",
        },
    )
    run_git(moved, "checkout", "-q", "main")
    said = fixloop("diff", "main", "work")
    assert (said.code, "4 of 4" in said.out) == (0, True)


def test_what_a_customer_wrote_reaches_the_terminal_escaped(fixloop: Fixloop, bank: Path) -> None:
    record_words(bank, [{"text": "\x1b[2J<b>my account is locked</b> \u202eevil"}])
    text = (bank / LOCKED).read_text()
    run_git(bank, "checkout", "-q", "-b", "work")
    commit_all(bank, {LOCKED: text.replace("reply: request_account_information", "reply: transfer_help")})
    out = fixloop("diff", "main", "work").out
    assert "\\x1b[2J" in out and "\\u{202e}" in out
    assert not {"\x1b", "\u202e"} & set(out)


def test_an_unknown_commit(fixloop: Fixloop, bank: Path) -> None:
    said = fixloop("diff", "main", "nowhere")
    assert (said.code, "Traceback" in said.err) == (2, False)
    assert "'nowhere' names no commit here" in said.err
