"""What two hints both change."""

from typing import Any

import pytest

from fixloop.hints.shared import Change, changed_by_both
from tests.support.hints import hint_of

ROOT = {"op": "set_threshold", "at": "root", "was": 0.6, "to": 0.1}
GONE = {"op": "remove_example", "leaf": "card_lost", "text": "a text"}
EDIT = {"op": "edit_template", "template": "help", "language": None, "was": "Call 1", "to": "Call 2"}
BRANCH = {"leaf": "card_lost", "branch": "late"}


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (ROOT, {**ROOT, "to": 0.14}, Change("set_threshold", "root", (0.1, 0.14))),
        (ROOT, {**ROOT, "was": 0.5, "to": 0.14}, Change("set_threshold", "root", (0.1, 0.14))),
        (ROOT, ROOT, Change("set_threshold", "root")),
        (GONE, GONE, Change("remove_example", "card_lost")),
        (EDIT, {**EDIT, "to": "Call 3"}, Change("edit_template", "help", ("Call 2", "Call 3"))),
        (
            {"op": "set_condition", **BRANCH, "was": None, "to": {"record.age": 3}},
            {"op": "set_condition", **BRANCH, "was": None, "to": {"record.age": 4}},
            Change("set_condition", "card_lost late", ('{"record.age":3}', '{"record.age":4}')),
        ),
        (
            {"op": "add_leaf", "id": "new", "parents": ["root"], "description": "One"},
            {"op": "add_leaf", "id": "new", "parents": ["root"], "description": "Other"},
            Change("add_leaf", "new"),
        ),
    ],
)
def test_one_thing_changed_by_both(one: dict[str, Any], other: dict[str, Any], found: Change) -> None:
    assert changed_by_both(hint_of([one]), hint_of([other])) == (found,)


@pytest.mark.parametrize(
    "other",
    [
        {**ROOT, "at": "cards"},
        {**GONE, "text": "another text"},
        {**EDIT, "was": "another part"},
        {"op": "add_example", "leaf": "card_lost", "text": "a text"},
    ],
)
def test_things_side_by_side_are_two(other: dict[str, Any]) -> None:
    assert changed_by_both(hint_of([ROOT, GONE, EDIT]), hint_of([other])) == ()


def test_what_is_set_apart_comes_first() -> None:
    one, other = hint_of([GONE, ROOT]), hint_of([{**ROOT, "to": 0.2}, GONE])
    assert [change.op for change in changed_by_both(one, other)] == ["set_threshold", "remove_example"]
