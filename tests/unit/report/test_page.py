"""A page: never wider than asked, never raw, coloured only on a terminal."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixloop.report.page import Page, Span, bad, name

ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=200)


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def drawn(page: Page) -> list[str]:
    return str(page).splitlines()


def test_words_are_wrapped_and_following_lines_hang() -> None:
    page = Page(width=20)
    page.line("one two three four five six", indent=2, hang=4)
    assert drawn(page) == ["  one two three four", "    five six"]


def test_a_word_longer_than_a_line_is_broken() -> None:
    page = Page(width=10)
    page.line("abcdefghijklmnop")
    assert drawn(page) == ["abcdefghij", "klmnop"]


def test_wide_letters_count_twice() -> None:
    page = Page(width=10)
    page.line("口座が凍結されました")
    assert drawn(page) == ["口座が凍結", "されました"]


def test_a_quote_keeps_its_lines_behind_a_bar() -> None:
    page = Page()
    page.quote("first\r\nsecond\x1b[2J\n")
    assert drawn(page) == ["  │ first", "  │ second\\x1b[2J"]


def test_a_table_is_as_wide_as_its_cells_and_wraps_the_last() -> None:
    page = Page(width=24)
    page.table([("a", "10", "words to be wrapped"), ("bcd", "9", "x")], right=(1,))
    assert drawn(page) == ["  a    10  words to be", "           wrapped", "  bcd   9  x"]


def test_never_two_empty_lines_and_none_at_the_start() -> None:
    page = Page()
    page.blank()
    page.line("a")
    page.blank()
    page.blank()
    page.line("b")
    assert drawn(page) == ["a", "", "b"]


def test_colour_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    page = Page.for_stream(Terminal())
    page.line(bad("no"), " ", name("h-1"))
    assert str(page) == "\x1b[31mno\x1b[0m \x1b[36mh-1\x1b[0m\n"
    plain = Page.for_stream(io.StringIO())
    plain.line(bad("no"))
    assert str(plain) == "no\n"


def test_one_colour_is_written_once_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    page = Page.for_stream(Terminal())
    page.line(bad("no, not at all"), " yes")
    assert str(page) == "\x1b[31mno, not at all\x1b[0m yes\n"


@pytest.mark.parametrize("variable, value", [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colour_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    page = Page.for_stream(Terminal())
    page.line(bad("no"))
    assert str(page) == "no\n"


@given(ANY_TEXT, st.integers(0, 12), st.integers(0, 12), st.integers(24, 100))
def test_no_text_breaks_the_page(text: str, indent: int, hang: int, width: int) -> None:
    page = Page(width=width)
    page.line(text, Span(text, "bad"), indent=indent, hang=hang)
    page.quote(text, indent=indent)
    page.fact("label", text)
    page.table([(text[:3], text)])
    for line in str(page).split("\n"):
        assert line.isprintable()


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200), st.integers(24, 100))
def test_no_line_is_wider_than_the_page(text: str, width: int) -> None:
    page = Page(width=width)
    page.line(text, indent=4, hang=8)
    page.quote(text, indent=4)
    page.fact("label", text)
    assert all(len(line) <= width for line in str(page).split("\n"))


@given(st.text(st.sampled_from("ab "), max_size=80))
def test_wrapping_loses_no_word(text: str) -> None:
    page = Page(width=90)
    page.line(text)
    narrow = Page(width=24)
    narrow.line(text, hang=3)
    assert "".join(str(narrow).split()) == "".join(text.split())
