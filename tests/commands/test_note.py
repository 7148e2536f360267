"""A note is kept beside the feedback, and whoever reads the feedback reads it too."""

from pathlib import Path

import pytest

from fixloop.commands.desk import Desk
from fixloop.commands.hints import show_hint
from fixloop.commands.note import note
from fixloop.commands.propose import propose
from fixloop.errors import BadInput
from tests.support.loop import bank, row, tell


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = bank(tmp_path)
    tell(desk, [row(1, "my account is locked", "no")])
    return desk


def test_a_note_is_read_with_its_feedback(desk: Desk) -> None:
    (one,) = desk.ground().feedback
    said = note(desk, one.id[:8], "  the login page is\nmeant ", "ann@bank")
    assert (said.feedback, said.notes) == (one.id, ("the login page is meant",))
    assert note(desk, one.id, "login_problem, as ever", "bo@bank").notes[1] == "login_problem, as ever"
    (again,) = desk.ground().feedback
    assert again.notes == ("the login page is meant", "login_problem, as ever")
    assert [event.who for event in desk.ground().book.events] == ["ann@bank", "bo@bank"]


def test_the_same_note_twice_is_one(desk: Desk) -> None:
    (one,) = desk.ground().feedback
    for _ in range(2):
        assert note(desk, one.id, "login_problem", "ann@bank").notes == ("login_problem",)
    assert len(desk.ground().book.events) == 1


def test_a_hint_shows_the_notes_on_its_evidence(desk: Desk) -> None:
    (one,) = desk.ground().feedback
    note(desk, one.id, "nothing to do here", "ann@bank")
    (hint,) = propose(desk).hints
    assert show_hint(desk, hint.id).evidence[0].notes == ("nothing to do here",)


@pytest.mark.parametrize("text", ["", "  \n", "x" * 2_001])
def test_a_note_says_something_and_is_no_document(desk: Desk, text: str) -> None:
    (one,) = desk.ground().feedback
    with pytest.raises(BadInput, match="a note"):
        note(desk, one.id, text, "ann@bank")


def test_no_such_feedback(desk: Desk) -> None:
    with pytest.raises(BadInput, match="no feedback starts with"):
        note(desk, "fb-0000", "x", "ann@bank")
