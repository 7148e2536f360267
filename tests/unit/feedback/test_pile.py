import json
import random
from dataclasses import replace
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.feedback.pile import Pile, Source


def said(name: str, text: str = "hello", reviewer: str = "staff-1", **more: Any) -> Feedback:
    ticket = {"id": name, "text": text}
    return Feedback(
        f"fb-{name}", "native", ticket, more.pop("outcome", "rejected"), reviewer=reviewer, **more
    )


def ids(pile: Pile) -> list[str]:
    return [json.loads(line)["id"] for line in pile.settle().lines]


def pile_of(new: list[Feedback], record: list[Feedback] | None = None) -> Pile:
    pile = Pile(record or [])
    for one in new:
        pile.add(one)
    return pile


def test_an_id_is_stored_once() -> None:
    assert ids(pile_of([said("a"), said("a", comment="other")])) == ["fb-a"]
    assert ids(pile_of([said("a")], [said("a")])) == []


def test_the_same_words_on_the_same_text_count_once() -> None:
    assert ids(pile_of([said("b", "Hello"), said("a", "hello ")])) == ["fb-a"]
    assert ids(pile_of([said("b", comment="No!")], [said("a", comment="no!")])) == []
    assert ids(pile_of([said("a"), said("b", comment="why")])) == ["fb-a", "fb-b"]
    assert ids(pile_of([said("a"), said("b", outcome="accepted")])) == ["fb-a", "fb-b"]


def test_another_reviewer_of_one_text_is_linked() -> None:
    stored = pile_of([said("a"), said("b", reviewer="staff-2"), said("c", "another")]).settle()
    assert (len(stored.lines), stored.linked) == (3, 1)
    assert pile_of([said("b", reviewer="staff-2")], [said("a")]).settle().linked == 1
    assert pile_of([said("b", comment="x")], [said("a")]).settle().linked == 0


def test_the_order_of_rows_changes_nothing() -> None:
    rows = [
        said(str(number % 7), f"text {number % 3}", f"staff-{number % 2}", comment=str(number % 4))
        for number in range(40)
    ]
    wanted = pile_of(rows).settle()
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        assert pile_of(rows).settle() == wanted


def test_lossy_rows_are_counted() -> None:
    rows = [
        replace(said("a"), replay="lossy"),
        replace(said("b", "x", outcome="accepted"), replay="lossy"),
        said("c", "y"),
    ]
    stored = pile_of(rows).settle()
    assert (stored.lossy, stored.unread) == (2, (Source("fb-a", "a"),))


def test_nothing_has_no_name() -> None:
    assert pile_of([]).settle().ingest_id is None
