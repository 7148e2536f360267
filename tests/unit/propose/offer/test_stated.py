"""A hint is stated as sure as such hints turned out to be: the order within a sort stays."""

from dataclasses import replace

from fixloop.hints.model import Choice, Hint, Question
from fixloop.hints.operation import Operation
from fixloop.propose.offer.question import MOST_SURE
from fixloop.propose.offer.stated import ASKED, mapped, stated

SURE = (0.0, 0.05, 0.3, 0.5, 0.8, 0.95, 1.0)
NAMED = Hint("plan", "set_reply", "", "", ("fb-1",), (Operation("set_reply", {"to": "x"}),))
ASKED_ABOUT = replace(NAMED, operations=(), question=Question("which?", (Choice("this", NAMED),)))


def said(hint: Hint) -> list[float]:
    return [stated(replace(hint, confidence=one)).confidence for one in SURE]


def test_the_surer_hint_stays_the_surer() -> None:
    for hint in (NAMED, ASKED_ABOUT):
        assert said(hint) == sorted(said(hint))
        assert all(0 < one < 1 for one in said(hint))


def test_a_question_is_never_surer_than_what_is_asked_at_most() -> None:
    assert max(said(ASKED_ABOUT)) == mapped(MOST_SURE, *ASKED) < MOST_SURE


def test_what_has_no_fix_stays() -> None:
    for step in ("none", "eval_data"):
        assert said(replace(NAMED, step=step)) == list(SURE)
    assert said(replace(NAMED, operations=())) == list(SURE)
