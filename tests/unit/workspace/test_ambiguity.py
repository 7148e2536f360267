"""Which patterns a text could keep busy, and which only look so."""

import pytest

from fixloop.workspace.checks.extraction import pattern_complaint


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?:aa|aa)*$",
        r"(?:a|ab|b)*c",
        r"(?:a{1,2})*b",
        r"(?:\w?\w)*$",
        r"(?:\w{1,3}\d)+x",
        r"(?:ab?|b)*c",
        r"(?:x|[a-z]y)*z",
        r"(?=(?:aa|aa)*b)c",
    ],
)
def test_two_ways_to_go_on_are_refused(pattern: str) -> None:
    assert "two ways" in pattern_complaint(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?:[ -]?\d)+",
        r"(?:\d{1,3}[ .])*\d",
        r"(?:foo|bar)+",
        r"(?:foo|far)+",
        r"(?:[A-Z][a-z]{1,20} )+x",
        r"[a-z]+(?: [a-z]+){0,5}",
        r"(?:-?\d){6,20}",
        r"\b[A-Z]{3,4}[0-9O]{4,5}\b",
        r"(?:aa|aa){1,3}",
    ],
)
def test_what_one_character_decides_is_not(pattern: str) -> None:
    assert pattern_complaint(pattern) == ""
