"""The status of a hint is a fold over events, whatever order they are read in."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from fixloop.hints.ledger import Event, fold, heads, in_order
from fixloop.hints.store import link

AT = "2026-11-20T09:12:00Z"


def chain(*names: str, who: str = "ann@bank", digest: str = "d-1") -> list[Event]:
    events = [Event(AT, who, name, "h-1", digest=digest) for name in names]
    return link(events, [])


def test_the_last_event_decides() -> None:
    assert fold(chain("proposed", "approved", "applied", "merged"))["h-1"].status == "merged"
    assert fold(chain("proposed", "approved", "conflict"))["h-1"].approved_by == ()


def test_two_people_add_up_and_one_person_twice_does_not() -> None:
    first = chain("proposed", "approved")
    again = link([Event(AT, "ann@bank", "approved", "h-1", digest="d-1")], first)
    other = link([Event(AT, "bob@bank", "approved", "h-1", digest="d-1")], first)
    assert fold([*first, *again])["h-1"].approved_by == ("ann@bank",)
    assert fold([*first, *other])["h-1"].approved_by == ("ann@bank", "bob@bank")


def test_an_approval_of_other_content_starts_anew() -> None:
    first = chain("proposed", "approved")
    edited = link([Event(AT, "bob@bank", "approved", "h-1", digest="d-2")], first)
    state = fold([*first, *edited])["h-1"]
    assert (state.approved_digest, state.approved_by) == ("d-2", ("bob@bank",))


def test_an_event_that_is_no_decision_leaves_the_status() -> None:
    assert fold(chain("proposed", "approved", "gated"))["h-1"].status == "approved"


def test_two_histories_join_at_their_heads() -> None:
    root = chain("proposed")
    left = link([Event(AT, "ann@bank", "deferred", "h-1")], root)
    right = link([Event(AT, "bob@bank", "gated", "h-1")], root)
    joined = [*root, *left, *right]
    assert heads(joined) == tuple(sorted([left[0].id, right[0].id]))
    after = link([Event(AT, "ann@bank", "approved", "h-1", digest="d")], joined)
    assert after[0].prev == heads(joined)


def test_an_id_covers_everything_that_was_said() -> None:
    event = Event(AT, "ann@bank", "rejected", "h-1", why={"code": "other", "text": "no"})
    assert event.id != replace(event, why={"code": "other", "text": "yes"}).id
    assert Event.from_json(event.to_json()) == event


@given(st.permutations(range(6)))
def test_the_order_of_reading_is_no_matter(order: list[int]) -> None:
    events = chain("proposed", "deferred", "approved", "applied", "failed", "rejected")
    shuffled = [events[n] for n in order]
    assert in_order(shuffled) == events
    assert fold(shuffled) == fold(events)
