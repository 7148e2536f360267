"""`cycle`: the loop once, for cron."""

import json
from pathlib import Path

import pytest

from fixloop.commands.cycle import cycle
from fixloop.commands.decide import approve
from fixloop.commands.desk import Desk
from fixloop.errors import AnotherRunHoldsTheLock, BadInput
from tests.commands.test_walkthrough import KNOWS_FRAUD, WITHOUT_FRAUD
from tests.support.git_worlds import picture, run_git
from tests.support.loop import bank, desk_of, row


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A bank with a fault, and staff's words in a file beside it."""
    files = {"plan_trees/account_locked.yaml": WITHOUT_FRAUD, "plan_trees/login_problem.yaml": KNOWS_FRAUD}
    desk = bank(tmp_path, **files)
    wanted = {"tools": ["escalate_to_security"]}
    rows = [
        row(1, "KTR05821 my account is locked", "fraud flag! to security", expected=wanted),
        row(2, "NSB01234 my account is locked", outcome="accepted"),
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    return desk


def feed(desk: Desk) -> list[str]:
    return [str(desk.folder.parent / "in.jsonl")]


def test_the_first_run_proposes_and_the_next_has_nothing_to_do(desk: Desk) -> None:
    first = cycle(desk, feed(desk))
    assert [hint.kind for hint in first.proposed.hints] == ["add_branch"]
    assert first.waiting == 1
    assert first.clean
    state = run_git(desk.folder, "rev-parse", "fixloop/state")
    again = cycle(desk_of(desk.folder), feed(desk))
    assert again.ingested is not None
    assert (again.ingested.stored, again.ingested.duplicates) == (0, 2)
    assert again.proposed.hints == ()
    assert run_git(desk.folder, "rev-parse", "fixloop/state") == state


def test_what_is_approved_is_applied_and_judged_and_policy_decides(desk: Desk) -> None:
    (hint,) = cycle(desk, feed(desk)).proposed.hints
    approve(desk, [hint.id], "ann@bank")
    before = picture(desk.folder)
    result = cycle(desk_of(desk.folder))
    assert [(one.id, one.verdict.passed, one.held) for one in result.judged] == [
        (hint.id, True, "auto_merge: never")
    ]
    assert result.landed == ()
    assert result.next_step == "fixloop merge --passing"
    assert picture(desk.folder).items() >= before.items()


def test_low_risk_says_what_speaks_against_it(desk: Desk) -> None:
    config = desk.folder / "fixloop.yaml"
    config.write_text(config.read_text() + "policy: {auto_merge: low_risk}\n")
    run_git(desk.folder, "commit", "-qam", "policy")
    (hint,) = cycle(desk_of(desk.folder), feed(desk)).proposed.hints
    approve(desk, [hint.id], "ann@bank")
    (judged,) = cycle(desk_of(desk.folder)).judged
    assert "escalate_to_security, which has side effects" in judged.held
    assert "held_out was not asked" in judged.held


def test_a_budget_stops_between_stages(desk: Desk) -> None:
    result = cycle(desk, feed(desk), budget=1e-6)
    assert result.ingested is not None
    assert result.ended == "propose"
    assert "stopped before propose" in result.summary
    assert cycle(desk_of(desk.folder)).proposed.hints
    with pytest.raises(BadInput, match="budget"):
        cycle(desk, budget=0)


def test_a_second_run_does_not_wait(desk: Desk) -> None:
    with desk.lock(), pytest.raises(AnotherRunHoldsTheLock):
        cycle(desk_of(desk.folder))


def test_a_quarantined_row_is_no_clean_run(desk: Desk) -> None:
    (desk.folder.parent / "in.jsonl").write_text('{"nonsense": 1}\n')
    result = cycle(desk, feed(desk))
    assert not result.clean
    assert result.ended == "done"
    assert result.summary.startswith("ingest: 0 stored, 1 bad row ·")


def test_one_line_for_the_log(desk: Desk) -> None:
    assert "\n" not in cycle(desk, feed(desk)).summary
