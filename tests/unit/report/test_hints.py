"""A line of the queue says what a hint rests on, and how sure it is, in true words."""

from dataclasses import replace

from fixloop.hints.model import Hint
from fixloop.hints.operation import Operation
from fixloop.propose.bench.known_good import TARGET
from fixloop.report.hints import draw_hint, draw_hints
from fixloop.report.page import Page

FIX = Hint(
    "plan",
    "set_reply",
    "plan_trees/fees.yaml",
    "Another reply",
    ("fb-1", "fb-2"),
    (Operation("set_reply", {"leaf": "fees", "branch": "default", "was": "a", "to": "b"}),),
    confidence=0.02,
)
KEPT = replace(
    FIX,
    step="eval_data",
    kind="add_case",
    target=TARGET,
    operations=(Operation("add_case", {"suite": "known_good", "id": "kg-1", "to": {"id": "kg-1"}}),),
)


def row(hint: Hint, chosen_by: str = "") -> str:
    page = Page(200, colour=False)
    draw_hints(page, [hint], ["proposed"], ["h-1"], {}, {hint.id: chosen_by} if chosen_by else {})
    return str(page).splitlines()[0]


def facts(hint: Hint, chosen_by: str | None) -> str:
    page = Page(200, colour=False)
    draw_hint(page, hint, "proposed", (), "", (), chosen_by=chosen_by)
    return str(page)


def test_what_was_diagnosed_says_how_sure_it_is() -> None:
    assert row(FIX) == "h-1  proposed  plan · set_reply · 2 rejections · confidence 0.02"
    assert "  confidence  0.02\n" in facts(FIX, None)


def test_what_a_person_chose_says_who() -> None:
    assert row(FIX, "ann@bank") == "h-1  proposed  plan · set_reply · 2 rejections · chosen by ann@bank"
    assert "  chosen by   ann@bank\n" in facts(FIX, "ann@bank")
    assert "confidence" not in facts(FIX, "ann@bank")


def test_accepted_outcomes_are_no_rejections_and_need_no_confidence() -> None:
    assert row(KEPT) == "h-1  proposed  eval_data · add_case · 2 accepted outcomes"
    assert "confidence" not in facts(KEPT, None)


def test_a_case_for_a_fault_rests_on_a_ticket_whatever_was_said_of_it() -> None:
    one = replace(KEPT, target="evals/plan/#plan-7", evidence=("fb-1",))
    assert row(one) == "h-1  proposed  eval_data · add_case · 1 piece of feedback · confidence 0.02"
