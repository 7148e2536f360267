"""The gate on branches that people make: what it lets through, and which check refuses the rest."""

from pathlib import Path

import pytest

from fixloop.commands.desk import Desk
from fixloop.commands.gate import gate
from fixloop.errors import BadInput
from fixloop.workspace.model import GATE_CHECKS
from tests.attacks.world import attack as judged
from tests.attacks.world import refusals
from tests.support.git_worlds import commit_all, run_git
from tests.support.loop import bank, desk_of
from tests.support.worlds import minimal_world

WORLD = minimal_world()
CASES = {
    "evals/plan/base.yaml": """\
- {id: p-fraud, leaf: account_locked, records: [{account_id: a1, account_number: KTR05821, fraud_flag: true}],
   expect: {reply: security_escalation, tools: [escalate_to_security]}}
- {id: p-none, leaf: account_locked, records: [], expect: {reply: request_account_information}}
- {id: p-transfer, leaf: transfer_failed, expect: {reply: transfer_help}}
""",
    "evals/fetch/base.yaml": """\
- {id: f-number, fields: {account: {account_number: [NSB01234]}}, expect: {records: [a2]}}
- {id: f-branch, fields: {account: {branch: [Easton]}}, expect: {records: []}}
- {id: f-name, fields: {people: {given_name: [Bo]}, account: {branch: [Riverton]}}, expect: {records: [a2]}}
""",
    "evals/intent/base.jsonl": """\
{"id": "i-1", "text": "my transfer was sent back", "expect": "transfer_failed"}
""",
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """The small bank with a few cases."""
    return bank(tmp_path, **CASES)


def test_a_verdict_has_every_check_and_names_its_tree(desk: Desk) -> None:
    verdict = judged(desk, {"workspace/templates.yaml": WORLD["workspace/templates.yaml"] + "# a remark\n"})
    assert [check.id for check in verdict.checks] == list(GATE_CHECKS)
    assert verdict.passed
    assert verdict.lane == "fix"
    assert verdict.provisional
    assert verdict.tree == run_git(desk.folder, "rev-parse", "work^{tree}")
    assert next(check for check in verdict.checks if check.id == "canary").status == "pass"


def test_what_fixloop_does_not_read_is_neutral(desk: Desk) -> None:
    verdict = judged(desk, {"README.md": "hello"})
    assert (verdict.lane, verdict.passed) == ("neutral", True)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("evals/plan/base.yaml", CASES["evals/plan/base.yaml"].replace("security_escalation", "handover")),
        ("evals/plan/base.yaml", None),
        ("evals/fetch/base.yaml", CASES["evals/fetch/base.yaml"].replace("f-name", "f-other")),
        ("fixloop.yaml", WORLD["fixloop.yaml"] + "gate: {max_drift: 0.9}\n"),
        ("workspace/tools.yaml", WORLD["workspace/tools.yaml"].replace("true", "false")),
        (
            "workspace/records/accounts.jsonl",
            WORLD["workspace/records/accounts.jsonl"].replace("0800", "0900"),
        ),
        (
            "plan_trees/account_locked.yaml",
            WORLD["plan_trees/account_locked.yaml"].replace("stability: open", "stability: guarded"),
        ),
        (".github/workflows/ci.yml", "on: push\n"),
        ("workspace/.gitattributes", "* -text\n"),
    ],
)
def test_what_decides_is_changed_by_a_person_with_a_reason_only(
    desk: Desk, path: str, text: str | None
) -> None:
    assert refusals(judged(desk, {path: text})) == ["lane"]
    allowed = judged(desk, {path: text}, allow="judge", why="audit 2026-11")
    assert "lane" not in refusals(allowed)
    (lane,) = [check for check in allowed.checks if check.id == "lane"]
    assert (lane.status, "audit 2026-11" in lane.detail) == ("overridden", True)


def test_improver_and_evaluator_never_move_together(desk: Desk) -> None:
    weakened = CASES["evals/plan/base.yaml"].replace("reply: transfer_help", "reply: handover")
    bent = WORLD["plan_trees/transfer_failed.yaml"].replace("transfer_help", "handover")
    both = {"evals/plan/base.yaml": weakened, "plan_trees/transfer_failed.yaml": bent}
    # The base's own case decides, so the regression shows in any case.
    assert refusals(judged(desk, both, allow="judge", why="because")) == ["lane", "regressions"]


def test_an_override_needs_its_reason(desk: Desk) -> None:
    with pytest.raises(BadInput, match="reason"):
        gate(desk, "main", "main", allow="judge")
    with pytest.raises(BadInput, match="no override"):
        gate(desk, "main", "main", allow="everything", why="x")


def test_a_weight_that_makes_a_record_always_win(desk: Desk) -> None:
    heavy = WORLD["workspace/fetch.yaml"].replace("weight: 2", "weight: 9")
    verdict = judged(desk, {"workspace/fetch.yaml": heavy})
    (check,) = verdict.failures
    assert check.id == "regressions"
    assert "f-branch" in check.evidence


def test_a_condition_that_is_always_true_shadows_the_rest(desk: Desk) -> None:
    tree = WORLD["plan_trees/account_locked.yaml"].replace("{fetched.count: 0}", "{fetched.count: {gte: 0}}")
    assert refusals(judged(desk, {"plan_trees/account_locked.yaml": tree})) in (
        ["regressions"],
        ["structure"],
    )


def test_a_broken_workspace_stops_at_its_structure(desk: Desk) -> None:
    verdict = judged(
        desk, {"plan_trees/transfer_failed.yaml": "leaf: transfer_failed\nbranches: [{reply: nowhere}]\n"}
    )
    assert refusals(verdict) == ["structure"]
    assert any("plan_trees/transfer_failed.yaml:2" in one for one in verdict.failures[0].evidence)
    assert {check.status for check in verdict.checks[1:]} == {"skip"}


def test_a_text_that_is_tested_must_not_be_taught(desk: Desk) -> None:
    path = "workspace/examples/transfer_failed.jsonl"
    taught = WORLD[path] + '{"text": "My  transfer was SENT back"}\n'
    assert refusals(judged(desk, {path: taught})) == ["split"]


def test_a_case_of_ones_own_must_pass(desk: Desk) -> None:
    bad = "- {id: mine-1, leaf: transfer_failed, expect: {reply: handover}}\n"
    assert refusals(judged(desk, {"evals/plan/mine.yaml": bad})) == ["fail_to_pass"]
    good = bad.replace("handover", "transfer_help")
    assert judged(desk, {"evals/plan/mine.yaml": good}).passed


@pytest.mark.parametrize("name", ["p-none", "P-NONE", "p\u2011none", "p-n\u043ene"])
def test_a_doubled_or_look_alike_id(desk: Desk, name: str) -> None:
    double = f'- {{id: "{name}", leaf: transfer_failed, expect: {{reply: transfer_help}}}}\n'
    assert refusals(judged(desk, {"evals/plan/mine.yaml": double})) == ["structure"]


def test_a_symbolic_link_is_never_followed(desk: Desk) -> None:
    run_git(desk.folder, "checkout", "-q", "-B", "work", "main")
    (desk.folder / "plan_trees/transfer_failed.yaml").unlink()
    (desk.folder / "plan_trees/transfer_failed.yaml").symlink_to("/etc/hostname")
    run_git(desk.folder, "commit", "-qam", "a link")
    run_git(desk.folder, "checkout", "-q", "main")
    verdict = gate(desk_of(desk.folder), "main", "work").verdict
    assert refusals(verdict) == ["structure"]
    assert "symbolic link" in verdict.failures[0].evidence[0]


def test_conflicting_branches(desk: Desk) -> None:
    path = "workspace/templates.yaml"
    run_git(desk.folder, "checkout", "-q", "-B", "work", "main")
    commit_all(desk.folder, {path: WORLD[path].replace("payee", "recipient")})
    run_git(desk.folder, "checkout", "-q", "main")
    commit_all(desk.folder, {path: WORLD[path].replace("payee", "beneficiary")})
    verdict = gate(desk_of(desk.folder), "main", "work").verdict
    assert refusals(verdict) == ["structure"]
    assert verdict.failures[0].evidence == (path,)


def test_a_fix_in_two_commits_is_judged_by_where_it_ends(desk: Desk) -> None:
    run_git(desk.folder, "checkout", "-q", "-B", "work", "main")
    commit_all(desk.folder, {"evals/plan/base.yaml": "[]\n"}, "open the door")
    bent = WORLD["plan_trees/transfer_failed.yaml"].replace("transfer_help", "handover")
    commit_all(desk.folder, {"plan_trees/transfer_failed.yaml": bent}, "go through")
    run_git(desk.folder, "checkout", "-q", "main")
    found = refusals(gate(desk_of(desk.folder), "main", "work").verdict)
    assert "lane" in found
    assert "regressions" in found


ENGINE = """
VERSION = "1"


class Engine:
    version = VERSION
    deterministic = True

    def classify(self, texts):
        return ["transfer_failed" if "transfer" in text else "other" for text in texts]


def build(config):
    return Engine()
"""
BOOBY_TRAP = "import pathlib\npathlib.Path({path!r}).write_text('imported')\n" + ENGINE


def test_an_engine_that_the_branch_brings_is_never_imported(tmp_path: Path) -> None:
    config = WORLD["fixloop.yaml"] + "engines: {intent: 'python:my_engine:build'}\n"
    desk = bank(tmp_path, **CASES, **{"fixloop.yaml": config, "my_engine.py": ENGINE})
    trap = BOOBY_TRAP.format(path=str(tmp_path / "trap"))
    verdict = judged(desk, {"my_engine.py": trap})
    assert refusals(verdict) == ["lane"]
    assert verdict.suites["intent"].aligned == 1
    # nor is one that lies in the work tree
    (desk.folder / "my_engine.py").write_text(trap)
    assert gate(desk_of(desk.folder), "main", "main").verdict.passed
    assert not (tmp_path / "trap").exists()


def test_gating_writes_nothing(desk: Desk) -> None:
    refs = run_git(desk.folder, "for-each-ref")
    judged(desk, {"README.md": "x"})
    assert [line for line in run_git(desk.folder, "for-each-ref").splitlines() if "work" not in line] == [
        line for line in refs.splitlines() if "work" not in line
    ]


def test_a_ref_that_is_not_there(desk: Desk) -> None:
    with pytest.raises(BadInput, match="names no commit"):
        gate(desk, "main", "nowhere")


def test_a_fix_branch_by_the_first_characters_of_its_hint(desk: Desk) -> None:
    for name in ("h-3227c5c0f12d6728", "h-3300000000000000"):
        run_git(desk.folder, "branch", f"fixloop/fix/{name}")
    with pytest.raises(BadInput) as raised:
        gate(desk, "main", "fixloop/fix/h-3227c5")
    assert raised.value.mend == "its whole name is fixloop/fix/h-3227c5c0f12d6728"
    with pytest.raises(BadInput) as raised:
        gate(desk, "main", "fixloop/fix/h-3")
    assert raised.value.mend == "git log --oneline --all"
