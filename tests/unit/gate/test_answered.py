"""What staff rejected and a fix answers is weighed beside the base's intent cases; what it invents is not."""

from dataclasses import replace
from pathlib import Path

import pytest

from fixloop.commands.desk import Desk
from fixloop.commands.merge import merge
from fixloop.hints.model import Hint
from tests.support.fixes import approve_fixes, teach
from tests.support.loop import bank, desk_of, row, tell

TAUGHT = "the app says my access is frozen"
ASKED = "it says my access is frozen"
LOST = '{"id": "int-1", "text": "the app says my access fails", "expect": "login_problem"}\n'


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A bank with one intent case that the fix below takes from its leaf."""
    return bank(tmp_path, **{"evals/intent/login.jsonl": LOST})


def the_fix(desk: Desk, *evidence: str) -> Hint:
    return replace(teach("account_locked", TAUGHT, ASKED), evidence=evidence or ("fb-0",))


def test_a_text_nobody_rejected_buys_nothing(desk: Desk) -> None:
    approve_fixes(desk, the_fix(desk))
    (refused,) = merge(desk, (), passing=True).refused
    assert refused.check == "regressions"
    assert "1 lost against 0 gained" in refused.detail


def test_a_rejected_text_is_on_the_scales_and_the_limit_of_flips_stays(desk: Desk) -> None:
    tell(desk, [row(1, ASKED, "this is about a locked account")])
    (said,) = desk.ground().feedback
    approve_fixes(desk, the_fix(desk, said.id))
    (refused,) = merge(desk_of(desk.folder), (), passing=True).refused
    assert "lost against" not in refused.detail
    assert "1 of 1 cases lost; at most 0.50% may be" in refused.detail


def test_with_the_flip_allowed_the_balance_lets_it_land(tmp_path: Path) -> None:
    from tests.support.worlds import minimal_world

    config = minimal_world()["fixloop.yaml"] + "gate: {max_intent_flips: 1.0}\n"
    desk = bank(tmp_path, **{"evals/intent/login.jsonl": LOST, "fixloop.yaml": config})
    tell(desk, [row(1, ASKED, "this is about a locked account")])
    (said,) = desk.ground().feedback
    approve_fixes(desk, the_fix(desk, said.id))
    assert not merge(desk_of(desk.folder), (), passing=True).refused
