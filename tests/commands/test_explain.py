"""`propose --explain` and `--priors`: how rejections are read, what decisions suggest; nothing is kept."""

import json
from pathlib import Path

import pytest

from fixloop.commands.decide import Why, reject
from fixloop.commands.desk import Desk
from fixloop.commands.propose import explain, priors, propose
from fixloop.errors import BadInput
from fixloop.report.explained import draw_explained, draw_priors
from fixloop.report.page import Page
from tests.commands.test_walkthrough import KNOWS_FRAUD, WITHOUT_FRAUD
from tests.support.git_worlds import run_git
from tests.support.loop import bank, row, tell


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A bank that lacks a branch, and two rejections that say so."""
    desk = bank(
        tmp_path,
        **{"plan_trees/account_locked.yaml": WITHOUT_FRAUD, "plan_trees/login_problem.yaml": KNOWS_FRAUD},
    )
    wanted = {"tools": ["escalate_to_security"]}
    rows = [
        row(1, "KTR05821 my account is locked", "fraud flag! to security", expected=wanted),
        row(2, "PQR77120 my account is locked", "no"),
        row(3, "NSB01234 my account is locked", outcome="accepted"),
    ]
    tell(desk, rows)
    return desk


def test_every_step_was_tried_and_each_reading_says_what_speaks_for_it(desk: Desk) -> None:
    state = run_git(desk.folder, "rev-parse", "fixloop/state")
    found = {one.feedback.comment: one for one in explain(desk, []).explained}
    told = found["fraud flag! to security"]
    assert {"intent", "fetch", "plan", "template", "none"} <= set(told.tried)
    assert told.readings[0].target == "plan_trees/account_locked.yaml"
    assert told.readings[0].evidence["expected"] > 0
    assert told.clear
    assert told.why.startswith("clear: the best reading leads by")
    assert run_git(desk.folder, "rev-parse", "fixloop/state") == state


def test_the_page_shows_words_tries_and_reasons(desk: Desk) -> None:
    page = Page()
    result = explain(desk, [])
    draw_explained(page, result.explained)
    shown = str(page)
    assert "fraud flag! to security" in shown
    assert "changes: " in shown
    assert "expected +" in shown
    assert json.loads(json.dumps(result.to_json()))["explained"]


def test_those_that_have_a_hint_are_to_be_named(desk: Desk) -> None:
    assert explain(desk, []).closed == ()
    hints = [hint for hint in propose(desk).hints if hint.operations]
    for hint in hints:
        reject(desk, [hint.id], Why("staff_wrong"), who="ann@bank")
    result, page = explain(desk, []), Page()
    assert set(result.closed) == {key for hint in hints for key in hint.evidence}
    draw_explained(page, result.explained, result.closed)
    shown = " ".join(str(page).split())
    assert "a hint or a decision: name those you want to see" in shown
    assert shown.endswith(f"fixloop propose --explain {result.closed[0]}")
    assert len(explain(desk, [result.closed[0]]).explained) == 1
    assert explain(desk, [result.closed[0]]).closed == ()


def test_only_the_named_ones_and_no_others(desk: Desk) -> None:
    every = [one.feedback.id for one in explain(desk, []).explained]
    assert [one.feedback.id for one in explain(desk, [every[0][:10]]).explained] == [every[0]]
    with pytest.raises(BadInput, match="no feedback starts with"):
        explain(desk, ["fb-ffffffffffffffff"])


def test_decisions_suggest_a_file_and_write_none(desk: Desk) -> None:
    before = priors(desk).suggestion.improver.priors
    hint = next(one for one in propose(desk).hints if one.step == "plan")
    reject(desk, [hint.id], Why("not_general"), "ann@bank")
    result = priors(desk)
    assert result.suggestion.improver.priors["plan"] <= before["plan"]
    assert result.suggestion.decisions == 1
    page = Page()
    draw_priors(page, result.suggestion)
    assert "# 0 good, 1 bad" in str(page)
    assert "workspace/improver.yaml" in str(page)
    assert not (desk.folder / "workspace/improver.yaml").exists()


def test_what_was_accepted_is_told_apart_from_what_is_not_there(desk: Desk) -> None:
    accepted = next(one.id for one in desk.ground().feedback if one.outcome == "accepted")
    with pytest.raises(BadInput, match=f"{accepted} was accepted: there is nothing to explain"):
        explain(desk, [accepted[:9]])
    with pytest.raises(BadInput, match="no feedback starts with 'fb-zz'"):
        explain(desk, ["fb-zz"])
