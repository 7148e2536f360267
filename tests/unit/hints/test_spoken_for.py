"""What a hint speaks for is not read again; what was left over, or has a new word on it, is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from fixloop.hints.ledger import JOINED, NOTED, Event, fold
from fixloop.hints.model import Choice, Hint, Question
from fixloop.hints.operation import Operation
from fixloop.hints.spoken_for import covered, handled_feedback, overtaken, read_again
from fixloop.hints.store import HintBook, link

AT = "2026-11-20T09:12:00Z"


def fix(text: str, *evidence: str, step: str = "intent") -> Hint:
    operation = Operation("add_example", {"leaf": "fees", "text": text})
    return Hint(step, "add_example", "examples/fees.jsonl", text, evidence, (operation,))


def unwritten(*evidence: str) -> Hint:
    return Hint("intent", "add_leaf", "", "A leaf is missing", evidence, open_work=("its name",))


def asked(*evidence: str, choices: Sequence[Hint | None] = (None,)) -> Hint:
    question = Question("what?", tuple(Choice(f"choice {n}", one) for n, one in enumerate(choices)))
    return Hint("fetch", "set_weight", "", "Unclear", evidence, question=question, one_off=len(evidence) == 1)


def told(name: str, hint: Hint | None = None, **facts: Any) -> Event:
    return Event(AT, "ann@bank", name, hint.id if hint else "", **facts)


def noted(feedback: str) -> Event:
    return told(NOTED, data={"feedback": feedback, "text": "the fee is meant"})


def book_of(hints: Sequence[Hint], *events: Event) -> HintBook:
    linked = tuple(link(events, []))
    return HintBook({hint.id: hint for hint in hints}, fold(linked), linked)


def chosen(question: Hint, choice: Hint, *more: Event) -> HintBook:
    """A book in which somebody has answered a question."""
    events = [
        told("proposed", question),
        told("answered", question, data={"choice": "choice 0", "hint": choice.id}),
        told("proposed", choice),
    ]
    return book_of([question, choice], *events, *more)


class TestAnAnswer:
    def test_the_choice_speaks_for_what_it_mends_and_the_rest_is_open(self) -> None:
        choice = fix("a fee", "fb-1", "fb-2")
        book = chosen(asked("fb-1", "fb-2", "fb-3"), choice)
        assert handled_feedback(book) == {"fb-1", "fb-2"}
        assert read_again(book) == frozenset()

    def test_it_stays_so_when_the_choice_has_landed(self) -> None:
        choice = fix("a fee", "fb-1", "fb-2")
        events = [told("approved", choice), told("merged", choice)]
        assert handled_feedback(chosen(asked("fb-1", "fb-2", "fb-3"), choice, *events)) == {"fb-1", "fb-2"}

    @pytest.mark.parametrize("outcome", ["conflict", "failed", "reverted", "recurred"])
    def test_all_is_open_when_the_choice_comes_to_nothing(self, outcome: str) -> None:
        choice = fix("a fee", "fb-1", "fb-2")
        book = chosen(asked("fb-1", "fb-2", "fb-3"), choice, told(outcome, choice))
        assert handled_feedback(book) == frozenset()

    def test_a_choice_that_is_rejected_then_is_read_again_with_others(self) -> None:
        choice = fix("a fee", "fb-1", "fb-2")
        book = chosen(
            asked("fb-1", "fb-2", "fb-3"), choice, told("rejected", choice, why={"code": "not_general"})
        )
        assert handled_feedback(book) == frozenset()
        assert read_again(book) == {"fb-1", "fb-2"}

    @pytest.mark.parametrize("evidence", [("fb-1",), ("fb-1", "fb-2")])
    def test_what_is_still_to_be_written_is_not_asked_about_again(self, evidence: tuple[str, ...]) -> None:
        book = chosen(asked(*evidence), unwritten(*evidence))
        assert handled_feedback(book) == frozenset()
        assert read_again(book) == set(evidence)

    def test_nothing_is_wrong_closes_all_that_was_asked_about(self) -> None:
        question = asked("fb-1", "fb-2")
        why = {"code": "staff_wrong", "text": "nothing is wrong with the proposal"}
        book = book_of([question], told("proposed", question), told("rejected", question, why=why))
        assert handled_feedback(book) == {"fb-1", "fb-2"}

    def test_a_rejected_question_is_read_again_with_others(self) -> None:
        question, why = asked("fb-1", "fb-2"), {"code": "not_general"}
        book = book_of([question], told("proposed", question), told("rejected", question, why=why))
        assert handled_feedback(book) == frozenset()
        assert read_again(book) == {"fb-1", "fb-2"}


class TestANote:
    """A note says something that no hint has heard yet."""

    def test_a_hint_nobody_has_decided_on_is_read_again_as_a_whole(self) -> None:
        question, other = asked("fb-1", "fb-2"), fix("a fee", "fb-3")
        events = [told("proposed", question), told("proposed", other), noted("fb-1")]
        assert handled_feedback(book_of([question, other], *events)) == {"fb-3"}

    @pytest.mark.parametrize("decision", ["approved", "merged", "rejected"])
    def test_of_a_hint_that_is_decided_only_what_the_note_is_about(self, decision: str) -> None:
        one = fix("a fee", "fb-1", "fb-2")
        why = {"code": "staff_wrong"} if decision == "rejected" else None
        events = [told("proposed", one), told(decision, one, why=why), noted("fb-1")]
        assert handled_feedback(book_of([one], *events)) == {"fb-2"}

    def test_it_is_read_by_itself_though_its_hint_was_rejected(self) -> None:
        one, why = fix("a fee", "fb-1", "fb-2"), {"code": "not_general"}
        events = [told("proposed", one), told("rejected", one, why=why), noted("fb-1")]
        assert read_again(book_of([one], *events)) == {"fb-2"}

    def test_a_hint_that_was_proposed_after_it_has_heard_it(self) -> None:
        old, new = asked("fb-1", "fb-2"), fix("a fee", "fb-1")
        events = [told("proposed", old), noted("fb-1"), told("proposed", new)]
        assert handled_feedback(book_of([old, new], *events)) == {"fb-1", "fb-2"}

    def test_a_new_hint_takes_the_place_of_one_that_has_not_heard_it(self) -> None:
        old, new = asked("fb-1", "fb-2"), fix("a fee", "fb-1", "fb-2", "fb-3")
        assert overtaken(book_of([old], told("proposed", old)), [new]) == []
        assert overtaken(book_of([old], told("proposed", old), noted("fb-1")), [new]) == [(old, new)]

    def test_so_do_two_that_share_what_it_asked_about(self) -> None:
        old, one, other = asked("fb-1", "fb-2"), fix("a fee", "fb-1"), asked("fb-2")
        book = book_of([old], told("proposed", old), noted("fb-1"))
        assert overtaken(book, [one, other]) == [(old, one)]
        assert overtaken(book, [one]) == []
        assert overtaken(book, [one, other, old]) == []


class TestCovered:
    """A hint that waits, all of whose rejections fixes have answered that landed since."""

    def test_by_one_fix(self) -> None:
        waits, done = unwritten("fb-1", "fb-2"), fix("a fee", "fb-1", "fb-2", "fb-3")
        events = [told("proposed", waits), told("proposed", done)]
        assert covered(book_of([waits, done], *events)) == []
        assert covered(book_of([waits, done], *events, told("merged", done))) == [(waits, done)]

    def test_by_two_fixes_together_and_the_last_is_named(self) -> None:
        waits, one, other = asked("fb-1", "fb-2"), fix("a fee", "fb-1"), fix("fees", "fb-2")
        events = [told("proposed", hint) for hint in (waits, one, other)]
        found = covered(book_of([waits, one, other], *events, told("merged", other), told("merged", one)))
        assert found == [(waits, one)]

    def test_not_where_a_rejection_is_left(self) -> None:
        waits, done = asked("fb-1", "fb-2"), fix("a fee", "fb-1")
        assert covered(book_of([waits, done], told("proposed", waits), told("merged", done))) == []

    def test_not_what_was_proposed_after_the_fix_had_landed(self) -> None:
        done, new = fix("a fee", "fb-1", "fb-2"), fix("fees", "fb-1")
        events = [told("proposed", done), told("merged", done), told("proposed", new)]
        assert covered(book_of([done, new], *events)) == []

    def test_not_what_somebody_has_decided_on(self) -> None:
        old, done = fix("fees", "fb-1"), fix("a fee", "fb-1")
        events = [told("proposed", old), told("approved", old), told("merged", done)]
        assert covered(book_of([old, done], *events)) == []

    def test_a_change_of_the_cases_answers_nobody(self) -> None:
        waits, judge = fix("fees", "fb-1"), fix("a fee", "fb-1", step="eval_data")
        for old, done in ((waits, judge), (judge, waits)):
            book = book_of([old, done], told("proposed", old), told("merged", done))
            assert covered(book) == []

    def test_not_by_what_was_taken_back(self) -> None:
        waits, done = unwritten("fb-1"), fix("a fee", "fb-1")
        events = [told("proposed", waits), told("merged", done), told("reverted", done)]
        assert covered(book_of([waits, done], *events)) == []


def test_what_joined_a_hint_later_is_spoken_for() -> None:
    one = replace(fix("a fee", "fb-1"), evidence=("fb-1", "fb-2"))
    events = [told("proposed", one), told("joined", one, data={JOINED: ["fb-2"]})]
    assert handled_feedback(book_of([one], *events)) == {"fb-1", "fb-2"}
