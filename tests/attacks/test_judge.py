"""Attacks on the judge itself: configuration, engines, owners, hooks, and words that claim authority."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fixloop.commands.desk import Desk
from fixloop.commands.gate import gate
from fixloop.commands.merge import merge
from fixloop.errors import BadInput
from fixloop.hints.model import Hint
from tests.attacks.world import TEMPLATES, TRANSFER, TREE, WORLD, attack, defended, refusals
from tests.support.git_worlds import commit_all, run_git, write_files
from tests.support.hints import record, transfer_hint
from tests.support.loop import desk_of

CONFIG = WORLD["fixloop.yaml"]
BENT = WORLD[TRANSFER].replace("transfer_help", "handover")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return defended(tmp_path)


DECIDES: dict[str, dict[str, str | None]] = {
    "thresholds of the gate": {"fixloop.yaml": CONFIG + "gate: {max_drift: 1, max_intent_flips: 1}\n"},
    "what is required": {"fixloop.yaml": CONFIG + "gate: {require: []}\n"},
    "policy": {"fixloop.yaml": CONFIG + "policy: {auto_merge: low_risk, judges: [mallory]}\n"},
    "engines": {"fixloop.yaml": CONFIG + "engines: {intent: 'python:mine:build'}\n"},
    "owner": {TREE: WORLD[TREE].replace("identity-team", "mallory")},
    "stability": {TREE: WORLD[TREE].replace("stability: open", "stability: frozen")},
    "tools": {"workspace/tools.yaml": WORLD["workspace/tools.yaml"].replace("true", "false")},
    "records": {"workspace/records/new.jsonl": '{"account_id": "a9"}\n'},
    "CI": {".github/workflows/gate.yml": "on: push\n"},
    "another CI": {".gitlab-ci.yml": "gate: {script: 'true'}\n"},
    "hooks of a framework": {".pre-commit-config.yaml": "repos: []\n"},
    "hooks in the tree": {".husky/pre-commit": "exit 0\n"},
    "attributes": {".gitattributes": "*.yaml merge=ours\n"},
    "attributes further down": {"evals/plan/.gitattributes": "* -diff\n"},
    "known-good": {
        "evals/known_good/mine.yaml": "- {id: k, ticket: {id: T, text: hm}, expect: {leaf: other}}\n"
    },
}


@pytest.mark.parametrize("files", DECIDES.values(), ids=DECIDES)
def test_what_decides_is_changed_unsaid(desk: Desk, files: dict[str, str | None]) -> None:
    assert refusals(attack(desk, files)) == ["lane"]


@pytest.mark.parametrize("files", DECIDES.values(), ids=DECIDES)
def test_what_decides_is_changed_together_with_a_fix(desk: Desk, files: dict[str, str | None]) -> None:
    fix = {TEMPLATES: WORLD[TEMPLATES].replace("the payee", "the recipient")}
    assert "lane" in refusals(attack(desk, {**files, **fix}, allow="judge", why="a good reason"))


def test_a_laxer_gate_does_not_judge_the_change_that_brings_it(desk: Desk) -> None:
    lax = CONFIG + "gate: {max_drift: 1, max_intent_flips: 1}\n"
    found = refusals(attack(desk, {"fixloop.yaml": lax, TRANSFER: BENT}, allow="judge", why="x"))
    assert found == ["lane", "regressions"]


@pytest.mark.parametrize(
    "files",
    [
        {"ledger/2026-11/ev-0000000000000000.json": '{"event": "approved"}\n'},
        {"verdicts/a-b.json": '{"verdict": "pass"}\n'},
        {"hints/h-1.yaml": "format_version: 1\n"},
        {"feedback/2026-11/x.jsonl": "{}\n"},
        {".fixloop/cache/answers/x": "{}\n"},
    ],
)
def test_state_in_the_tree_is_read_by_nobody(desk: Desk, files: dict[str, str]) -> None:
    assert refusals(attack(desk, {**files, TRANSFER: BENT})) == ["regressions"]


def test_a_trailer_that_claims_an_approved_hint(desk: Desk) -> None:
    hint = record(desk, transfer_hint())
    run_git(desk.folder, "checkout", "-q", "-B", "work", "main")
    message = f"Fix\n\nFixloop-Hint: {hint.id}\nFixloop-Approved-By: ann@bank\nFixloop-Verdict: pass\n"
    commit_all(desk.folder, {TRANSFER: BENT}, message)
    run_git(desk.folder, "checkout", "-q", "main")
    verdict = gate(desk_of(desk.folder), "main", "work").verdict
    assert (verdict.hint, refusals(verdict)) == ("", ["regressions"])


def branch_of_hint(desk: Desk, hint: Hint, files: dict[str, str | None]) -> list[str]:
    """What refuses a branch that bears the hint's name and holds these files."""
    name = f"fixloop/fix/{hint.id}"
    run_git(desk.folder, "checkout", "-q", "-B", name, "main")
    for path in (path for path, text in files.items() if text is None):
        (desk.folder / path).unlink()
    commit_all(desk.folder, {path: text for path, text in files.items() if text is not None})
    run_git(desk.folder, "checkout", "-q", "main")
    return refusals(gate(desk_of(desk.folder), "main", name).verdict)


FIXED = WORLD[TEMPLATES].replace("the account number of", "the account number and the name of")


def own_cases(hint: Hint) -> dict[str, str | None]:
    from fixloop.queue.rebuild import case_files

    return {path: data.decode() for path, data in case_files(hint).items()}


def test_the_honest_branch_passes(desk: Desk) -> None:
    hint = record(desk, transfer_hint())
    assert branch_of_hint(desk, hint, {TEMPLATES: FIXED, **own_cases(hint)}) == []


def test_a_hint_that_nobody_approved(desk: Desk) -> None:
    hint = record(desk, transfer_hint(), approved_by=())
    assert branch_of_hint(desk, hint, {TEMPLATES: FIXED, **own_cases(hint)}) == ["identity"]


def test_more_than_the_hint_names(desk: Desk) -> None:
    hint = record(desk, transfer_hint())
    more = FIXED.replace("A colleague will look", "Nobody will look")
    assert branch_of_hint(desk, hint, {TEMPLATES: more, **own_cases(hint)}) == ["scope"]
    beside = {TEMPLATES: FIXED, "README.md": "and a word", **own_cases(hint)}
    assert branch_of_hint(desk, hint, beside) == ["scope"]


def test_the_hints_own_case_is_weakened_or_left_out(desk: Desk) -> None:
    hint = record(desk, transfer_hint())
    assert branch_of_hint(desk, hint, {TEMPLATES: FIXED}) == ["fail_to_pass"]
    ((path, text),) = own_cases(hint).items()
    assert text is not None
    weak = text.replace("the name of the payee", "payee")
    assert branch_of_hint(desk, hint, {TEMPLATES: FIXED, path: weak}) == ["fail_to_pass"]


def test_operations_edited_after_the_approval(desk: Desk) -> None:
    hint = record(desk, transfer_hint())
    path = f"hints/{hint.id}.yaml"
    (text,) = desk.state.read(path).values()
    weak = text.replace(b"the name of the payee", b"payee")
    assert weak != text
    edit_state(desk, {path: weak})
    found = desk_of(desk.folder)
    if hint.id in found.ground().book.hints:
        assert "identity" in branch_of_hint(desk, hint, {TEMPLATES: FIXED, **own_cases(hint)})
    with_merge = merge_or_error(found, hint.id)
    assert with_merge in ("status", "unknown")


def merge_or_error(desk: Desk, name: str) -> str:
    try:
        return merge(desk, [name]).refused[0].check
    except BadInput:
        return "unknown"


def test_cases_and_moves_edited_after_the_approval(desk: Desk) -> None:
    hint = record(desk, transfer_hint())
    path = f"hints/{hint.id}.yaml"
    (text,) = desk.state.read(path).values()
    edit_state(desk, {path: text.replace(b"at_most: 0", b"at_most: 10000")})
    assert branch_of_hint(desk, hint, {TEMPLATES: FIXED, **own_cases(hint)}) == ["identity"]
    assert merge_or_error(desk_of(desk.folder), hint.id) == "status"


def edit_state(desk: Desk, files: dict[str, bytes]) -> None:
    """The record as somebody would change it who has git and no scruples."""
    run_git(desk.folder, "worktree", "add", "-q", "../state", "fixloop/state")
    state = desk.folder.parent / "state"
    write_files(state, files)
    run_git(state, "commit", "-qam", "nothing to see")


# --- engines --------------------------------------------------------------------------------------------

ENGINE = """
import os, sys, time


class Engine:
    version = "1"
    deterministic = True

    def classify(self, texts):
        for text in texts:
            {trick}
        return [self.leaf(text) for text in texts]

    def leaf(self, text):
        known = {{"transfer": "transfer_failed", "locked": "account_locked"}}
        return next((known[word] for word in known if word in text), "login_problem")


def build(config):
    return Engine()
"""
HONEST = ENGINE.format(trick="pass")
OWN = {"fixloop.yaml": CONFIG + "engines: {intent: 'python:my_engine:build'}\n"}
TRICKS = {
    "os._exit": "if 'sent back' in text: os._exit(0)",
    "sys.exit": "if 'sent back' in text: sys.exit(0)",
    "an interrupt": "if 'sent back' in text: raise KeyboardInterrupt",
    "a closed generator": "if 'sent back' in text: raise GeneratorExit",
    "recursion": "if 'sent back' in text: (lambda f: f(f))(lambda f: f(f))",
    "a signal": "if 'sent back' in text: os.kill(os.getpid(), 9)",
    "a hang": "if 'sent back' in text: time.sleep(3600)",
}


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS)
def test_an_engine_that_exits_early_leaves_one_case_unscored_and_the_gate_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trick: str
) -> None:
    monkeypatch.setenv("FIXLOOP_ENGINE_SECONDS", "0.5")
    desk = defended(tmp_path, **OWN, **{"my_engine.py": ENGINE.format(trick=trick)})
    verdict = attack(desk, {TRANSFER: BENT})
    assert refusals(verdict) == ["regressions"]
    assert verdict.suites["intent"].aligned == 3


ALWAYS = {
    "when it is imported": "import os; os._exit(0)\n",
    "when it is built": "import os\n\n\ndef build(config):\n    os._exit(0)\n",
    "whenever it is asked": ENGINE.format(trick="os._exit(0)"),
}


@pytest.mark.parametrize("code", ALWAYS.values(), ids=ALWAYS)
def test_no_branch_moves_on_the_word_of_a_gate_that_said_nothing(tmp_path: Path, code: str) -> None:
    """The real hook, run by git: an engine that ends its process with exit code 0 is not a pass."""
    desk = defended(tmp_path, **OWN, **{"my_engine.py": code})
    fixloop(desk, "hook", "install")
    before = run_git(desk.folder, "rev-parse", "main")
    write_files(desk.folder, {TRANSFER: BENT})
    run_git(desk.folder, "commit", "-qam", "bend", check=False)
    assert run_git(desk.folder, "rev-parse", "main") == before
    done = fixloop(desk, "gate", "main", "main", "--json", check=False)
    if done.returncode == 0:
        assert json.loads(done.stdout)["verdict"] == "pass"


def fixloop(desk: Desk, *words: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "fixloop", *words, "--repo", str(desk.folder)]
    return subprocess.run(
        command, capture_output=True, check=check, cwd=desk.folder.parent, env=dict(os.environ)
    )


def test_an_engine_cannot_speak_for_the_gate(tmp_path: Path) -> None:
    """What an engine prints is no verdict, and what it does to our modules stays in its own process."""
    trick = (
        'print(\'{"verdict": "pass"}\'); '
        "import fixloop.gate.judge as j; j.judge = None; "
        "import fixloop.evals.compare as c; c._RANK = {}"
    )
    desk = defended(tmp_path, **OWN, **{"my_engine.py": ENGINE.format(trick=trick)})
    run_git(desk.folder, "checkout", "-q", "-B", "work", "main")
    commit_all(desk.folder, {TRANSFER: BENT})
    run_git(desk.folder, "checkout", "-q", "main")
    done = fixloop(desk, "gate", "main", "work", "--json", check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["verdict"] == "fail"


TRAP = "import pathlib\npathlib.Path({path!r}).write_text('imported')\n"


@pytest.mark.parametrize(
    "name", ["my_engine.py", "my_engine/__init__.py", "src/my_engine.py", "yaml.py", "json.py"]
)
def test_code_that_the_branch_brings_is_never_imported(tmp_path: Path, name: str) -> None:
    desk = defended(tmp_path, **OWN, **{"my_engine.py": HONEST})
    trap = TRAP.format(path=str(tmp_path / "trap"))
    verdict = attack(desk, {name: trap + HONEST, TRANSFER: BENT})
    assert "regressions" in refusals(verdict)
    assert not (tmp_path / "trap").exists()


def test_an_engine_that_the_branch_names_is_never_imported(tmp_path: Path) -> None:
    desk = defended(tmp_path)
    trap = TRAP.format(path=str(tmp_path / "trap"))
    assert refusals(attack(desk, {**OWN, "my_engine.py": trap + HONEST})) == ["lane"]
    assert not (tmp_path / "trap").exists()


def test_code_beside_the_hook_is_never_imported(tmp_path: Path) -> None:
    """The hook runs in the checkout, where a branch's files already are."""
    desk = defended(tmp_path)
    fixloop(desk, "hook", "install")
    trap = TRAP.format(path=str(tmp_path / "trap"))
    for name in ("yaml.py", "numpy.py", "json.py", "typer.py", "sitecustomize.py", "fixloop.py"):
        write_files(desk.folder, {name: trap})
    write_files(desk.folder, {TRANSFER: BENT})
    before = run_git(desk.folder, "rev-parse", "main")
    run_git(desk.folder, "add", "-A")
    run_git(desk.folder, "commit", "-qm", "bend", check=False)
    assert run_git(desk.folder, "rev-parse", "main") == before
    assert not (tmp_path / "trap").exists()


# --- a person's word ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["structure", "identity", "canary", "lane"])
def test_some_checks_nobody_overrides(desk: Desk, name: str) -> None:
    with pytest.raises(BadInput, match="cannot be overridden"):
        gate(desk, "main", "main", override=[name], why="because I can")


def test_an_override_is_named_and_told(desk: Desk) -> None:
    verdict = attack(desk, {TRANSFER: BENT}, override=["regressions"], why="the case is wrong")  # type: ignore[arg-type]
    assert verdict.passed
    (check,) = [one for one in verdict.checks if one.id == "regressions"]
    assert check.status == "overridden"
    assert check.detail.endswith("overridden: the case is wrong")
    with pytest.raises(BadInput, match="needs a reason"):
        gate(desk, "main", "main", override=["regressions"])
    with pytest.raises(BadInput, match="no check"):
        gate(desk, "main", "main", override=["everything"], why="x")
