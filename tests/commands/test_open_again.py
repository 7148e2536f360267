"""Feedback that no hint speaks for any more is read again by the next `propose`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from fixloop.commands.decide import Why, answer, approve, reject
from fixloop.commands.desk import Desk
from fixloop.commands.hints import list_hints, show_hint
from fixloop.commands.merge import merge
from fixloop.commands.note import note
from fixloop.commands.propose import propose
from fixloop.hints.model import Choice, Hint, Question
from fixloop.hints.spoken_for import handled_feedback
from tests.support.hints import record, transfer_hint
from tests.support.loop import bank, desk_of, row, tell

NOTHING_NEW = "nothing new: every rejection has a hint or a decision"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Three rejections without a word, and nothing asked about them yet."""
    desk = bank(tmp_path)
    texts = ["my transfer to the landlord was rejected", "the transfer of yesterday failed", "my login fails"]
    tell(desk, [row(number, text, "no") for number, text in enumerate(texts)])
    return desk


def ids(desk: Desk) -> list[str]:
    return [one.id for one in desk.ground().feedback]


def ask(desk: Desk, about: Sequence[str], choice: Hint) -> Hint:
    """A question on the record, with one choice and that nothing is wrong."""
    choices = (Choice("other words", choice), Choice("nothing is wrong with the proposal"))
    question = Question("what should have happened?", choices)
    hint = Hint("template", "edit_template", "", "Unclear", tuple(about), question=question)
    return record(desk, hint, approved_by=())


def words(*evidence: str) -> Hint:
    return replace(transfer_hint(), evidence=evidence)


def test_what_the_chosen_fix_does_nothing_for_is_read_again(desk: Desk) -> None:
    one, two, three = ids(desk)
    question = ask(desk, [one, two, three], words(one, two))
    assert propose(desk).ended == NOTHING_NEW
    (fix,) = answer(desk, question.id, 1, "ann@bank").ids
    found = propose(desk_of(desk.folder))
    assert found.ended.startswith("1 rejection read")
    assert {key for hint in found.hints for key in hint.evidence} <= {three}
    approve(desk, [fix], "ann@bank")
    assert merge(desk_of(desk.folder), [fix], who="ann@bank").merged
    assert {one, two} <= handled_feedback(desk.ground().book)


def test_nothing_is_wrong_closes_all_that_was_asked_about(desk: Desk) -> None:
    question = ask(desk, ids(desk), words(*ids(desk)))
    answer(desk, question.id, 2, "ann@bank")
    assert propose(desk_of(desk.folder)).ended == NOTHING_NEW


def test_what_a_rejected_question_asked_about_is_read_with_what_is_new(desk: Desk) -> None:
    question = ask(desk, ids(desk), words(*ids(desk)))
    reject(desk, [question.id], Why("not_general", "three things"), "ann@bank")
    assert propose(desk_of(desk.folder)).ended == NOTHING_NEW
    heard: list[str] = []
    tell(desk, [row(7, "the transfer bounced", "no")], "more.jsonl")
    propose(replace(desk_of(desk.folder), progress=heard.append))
    assert "diagnosing 4 rejections" in heard


def test_a_note_opens_what_waits_for_a_decision(desk: Desk) -> None:
    question = ask(desk, ids(desk), words(*ids(desk)))
    assert propose(desk).ended == NOTHING_NEW
    note(desk, ids(desk)[0], "login_problem was meant", "ann@bank")
    assert propose(desk_of(desk.folder)).ended.startswith("3 rejections read")
    assert question.id in desk.ground().book.hints


def test_a_choice_that_waits_already_gains_what_was_asked_about(desk: Desk) -> None:
    one, two, three = ids(desk)
    fix = record(desk, words(one))
    question = ask(desk, [two, three], words(two))
    assert answer(desk, question.id, 1, "ann@bank").status == "approved"
    book = desk_of(desk.folder).ground().book
    assert (book.status(fix.id), book.hints[fix.id].evidence) == ("approved", tuple(sorted((one, two))))
    assert handled_feedback(book) == {one, two}
    assert merge(desk_of(desk.folder), [fix.id], who="ann@bank").merged


def test_a_choice_that_was_rejected_is_proposed_again(desk: Desk) -> None:
    one, two, three = ids(desk)
    fix = record(desk, words(one), approved_by=())
    reject(desk, [fix.id], Why("too_risky_now"), "ann@bank")
    question = ask(desk, [two, three], words(two))
    assert answer(desk, question.id, 1, "ann@bank").status == "proposed"
    assert [hint.id for hint in list_hints(desk_of(desk.folder)).hints] == [fix.id]


def test_what_merged_fixes_have_answered_leaves_the_queue(desk: Desk) -> None:
    """Somebody writes by hand what a question was about."""
    question = ask(desk, ids(desk)[:2], words(*ids(desk)[:2]))
    by_hand = record(desk, words(*ids(desk)))
    assert question.id in [hint.id for hint in list_hints(desk).hints]
    assert merge(desk_of(desk.folder), [by_hand.id], who="ann@bank").merged
    found = propose(desk_of(desk.folder))
    assert found.ended == f"{NOTHING_NEW}; 1 hint closed: merged fixes have answered all of the evidence"
    said = [event for event in desk_of(desk.folder).ground().book.events if event.event == "superseded"]
    assert [(event.hint, event.data) for event in said] == [(question.id, {"by": by_hand.id})]
    assert propose(desk_of(desk.folder)).ended == NOTHING_NEW


def test_a_choice_says_whose_it_is_and_counts_as_sure(desk: Desk) -> None:
    unlikely = replace(words(*ids(desk)), confidence=0.02)
    (fix,) = answer(desk, ask(desk, ids(desk), unlikely).id, 1, "ann@bank").ids
    found = list_hints(desk_of(desk.folder))
    assert (found.hints[0].id, found.hints[0].confidence, found.chosen) == (fix, 1.0, {fix: "ann@bank"})
    assert found.to_json()["hints"][0]["chosen_by"] == "ann@bank"
    assert show_hint(desk, fix).to_json()["chosen_by"] == "ann@bank"
