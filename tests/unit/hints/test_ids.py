"""Ids come from content, and a prefix names one thing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixloop.errors import BadInput
from fixloop.hints.ids import content_id, find_by_prefix, short_id


def test_equal_content_has_one_id_whatever_the_order_of_keys() -> None:
    assert content_id("h", {"a": 1, "b": 2}) == content_id("h", {"b": 2, "a": 1})
    assert content_id("h", {"a": 1}) != content_id("h", {"a": True})


def test_a_prefix_may_leave_out_the_letter() -> None:
    known = ["h-3f9a2c1b77e01d42", "h-3f9b000000000000", "h-aa00000000000000"]
    assert find_by_prefix("h-aa", known, "hint") == known[2]
    assert find_by_prefix("aa00", known, "hint") == known[2]
    assert find_by_prefix("3f9a", known, "hint") == known[0]


def test_an_ambiguous_or_unknown_prefix_says_so() -> None:
    known = ["h-3f9a2c1b77e01d42", "h-3f9b000000000000"]
    with pytest.raises(BadInput, match="fits 2 hints"):
        find_by_prefix("h-3f9", known, "hint")
    with pytest.raises(BadInput, match="no hint starts with"):
        find_by_prefix("h-zz", known, "hint")
    with pytest.raises(BadInput, match="fits 2 pieces of feedback"):
        find_by_prefix("3f9", known, "feedback")


@given(st.sets(st.text("0123456789abcdef", min_size=16, max_size=16), min_size=1, max_size=30))
def test_a_shown_id_is_accepted_again(stems: set[str]) -> None:
    known = [f"h-{stem}" for stem in stems]
    for full in known:
        assert find_by_prefix(short_id(full, known), known, "hint") == full
