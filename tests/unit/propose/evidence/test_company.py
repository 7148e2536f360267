"""Rejections in company: who complains of one thing, whether it is a leaf's, and what says nothing."""

import numpy as np

from fixloop.feedback.model import Feedback
from fixloop.propose.evidence.company import Groups, Voices, listen, of_one_thing, parties
from fixloop.propose.words.near import Space, nearest, similarities

TIMER = (
    ("set a timer for ten minutes", "a countdown"),
    ("start a five minute timer please", "countdown, not the alarm"),
    ("i need a timer for twelve minutes", "wants a countdown"),
    ("timer for two minutes please", "countdown again"),
)
VISA = (
    ("do i need a visa to visit canada", "papers for entry"),
    ("will i need a visa to visit ireland", "entry papers"),
    ("is a visa needed to visit cambodia", "asks for the papers to enter"),
    ("what visa do i need to visit peru", "papers for entry"),
)
LONELY = ("my cat ate the letter", "sad")


def rejection(number: int, text: str, comment: str) -> Feedback:
    ticket = {"id": f"T-{number}", "text": text}
    return Feedback(f"fb-{number:016x}", "native", ticket, "rejected", comment, proposal={"leaf": "other"})


def voices_of(*pairs: tuple[str, str]) -> Voices:
    rejections = [rejection(n, text, comment) for n, (text, comment) in enumerate(pairs)]
    return listen(rejections, Space.of([text for text, _ in pairs]))


def test_those_who_ask_for_one_thing_are_one_party() -> None:
    mixed = [pair for both in zip(TIMER, VISA, strict=True) for pair in both]
    found = [sorted(rows.tolist()) for rows in parties(voices_of(*mixed, LONELY))]
    assert found == [[0, 2, 4, 6], [1, 3, 5, 7], [8]]


def test_those_who_mean_one_thing_are_told_from_those_who_do_not() -> None:
    likely = of_one_thing(voices_of(*TIMER, *VISA))
    assert likely.diagonal().tolist() == [0.0] * 8
    within = [likely[a, b] for a in range(4) for b in range(4) if a != b]
    assert min(within) > 0.5 > np.median(likely[:4, 4:])


def test_of_many_things_two_are_seldom_one() -> None:
    """The same two rejections, among few others and among many that are about something else each."""
    pair = [("the timer is loud", "volume"), ("my timer stopped", "broken")]
    topics = [
        (f"{one} question", one) for one in ("weather", "garden", "music", "pizza", "book", "fish", "tax")
    ]
    few, many = of_one_thing(voices_of(*pair, topics[0])), of_one_thing(voices_of(*pair, *topics))
    assert few[0, 1] > many[0, 1]


def test_the_order_of_rejections_makes_no_other_parties() -> None:
    pairs = [*TIMER, LONELY, *VISA]
    forth = {frozenset(pairs[n] for n in rows) for rows in parties(voices_of(*pairs))}
    back = {frozenset(pairs[::-1][n] for n in rows) for rows in parties(voices_of(*pairs[::-1]))}
    assert forth == back


def test_one_thing_named_in_two_ways_is_one_party() -> None:
    described = [(text.replace("timer", "timer now"), "let it beep later") for text, _ in TIMER]
    found = parties(voices_of(*TIMER, *described, *VISA))
    assert [len(rows) for rows in found] == [8, 4]


def test_a_comment_made_on_anything_says_nothing() -> None:
    topics = ("weather", "garden", "music", "pizza", "book", "fish")
    pairs = [*TIMER, *((one, "useless") for one in topics), ("lost keys", "no")]
    assert voices_of(*pairs).telling.tolist() == [True] * 4 + [False] * 7


def test_no_rejections_no_parties() -> None:
    assert parties(voices_of()) == []


def test_groups_of_one_kind_are_as_alike_across_as_within() -> None:
    texts = [text for text, _ in (*TIMER, *VISA)]
    rows = Space.of(texts).rows(texts)
    groups = Groups.of(rows, [np.array([0, 1]), np.array([2, 3]), np.arange(4, 8)])
    ratio = groups.across(groups, groups.usual)
    assert ratio[0, 1] > 0.5 > ratio[0, 2]


def test_a_text_that_repeats_is_nearest_to_itself() -> None:
    others = [text for text, _ in (*VISA, *TIMER)]
    assert nearest([VISA[2][0]], others, 1) == [2]
    assert nearest([], others, 3) == []
    assert similarities(others, others).diagonal().round(3).min() >= 0.999


def test_one_who_says_something_else_than_all_others_breaks_no_number() -> None:
    same = [("start the timer please", "no")] * 7
    with np.errstate(all="raise"):
        likely = of_one_thing(voices_of(*same, ("the weather of tomorrow is what", "no")))
    assert np.isfinite(likely).all()
    assert likely[0, 7] == 0.0 < likely[0, 1]
