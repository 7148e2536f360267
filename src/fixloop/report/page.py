"""A page of plain lines: wrapped to a width, coloured only on a terminal, safe whatever a customer wrote."""

import os
import shutil
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import IO, NamedTuple

from fixloop.workspace.text import escaped

WIDTH = 80
_WIDEST = 100
_NARROWEST = 40

_COLOURS: Mapping[str, str] = {
    "good": "32",
    "bad": "31",
    "warn": "33",
    "name": "36",
    "dim": "2",
    "strong": "1",
}


class Span(NamedTuple):
    """A piece of text that means something: good, bad, warn, name, dim or strong."""

    text: str
    style: str = ""


Part = str | Span
Line = Sequence[Part]


def good(text: str) -> Span:
    """What is as it should be."""
    return Span(text, "good")


def bad(text: str) -> Span:
    """What is not."""
    return Span(text, "bad")


def warn(text: str) -> Span:
    """What somebody should look at."""
    return Span(text, "warn")


def name(text: str) -> Span:
    """An id or a command to copy."""
    return Span(text, "name")


def dim(text: str) -> Span:
    """What may be passed over."""
    return Span(text, "dim")


def strong(text: str) -> Span:
    """A heading."""
    return Span(text, "strong")


class Page:
    """Lines in order; every text that comes in is escaped here, and nowhere else needs to be."""

    def __init__(self, width: int = WIDTH, colour: bool = False) -> None:
        self.width = width
        self._colour = colour
        self._lines: list[str] = []

    @staticmethod
    def for_stream(stream: IO[str]) -> "Page":
        """A page that suits where it will be written: 80 columns and no colour unless that is a terminal."""
        if not stream.isatty():
            return Page()
        width = min(max(shutil.get_terminal_size((WIDTH, 24)).columns, _NARROWEST), _WIDEST)
        return Page(width, not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")

    def __str__(self) -> str:
        lines = self._lines[:-1] if self._lines and not self._lines[-1] else self._lines
        return "".join(f"{line}\n" for line in lines)

    def line(self, *parts: Part, indent: int = 0, hang: int | None = None) -> None:
        """One line of words, wrapped; the lines after the first are indented by `hang`."""
        following = indent if hang is None else hang
        for number, words in enumerate(_wrapped(parts, self.width, indent, following)):
            self._lines.append(" " * (following if number else indent) + self._drawn(words))

    def blank(self) -> None:
        """An empty line, never two in a row and never the first."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def rule(self) -> None:
        """A line between two things of one kind."""
        self._lines.append(self._drawn([dim("─" * self.width)]))

    def exact(self, text: str, style: str = "", indent: int = 0) -> None:
        """Lines as they are, never wrapped: a diff, a command."""
        for line in _lines_of(text):
            self._lines.append(" " * indent + self._drawn([Span(escaped(line), style)]))

    def quote(self, text: str, indent: int = 2, style: str = "") -> None:
        """Somebody's words, behind a bar so that they are never taken for ours."""
        for line in _lines_of(text):
            for words in _wrapped([Span(line, style)], self.width - 2, indent, indent):
                self._lines.append(" " * indent + self._drawn([dim("│ "), *words]).rstrip())

    def fact(self, label: str, *parts: Part, indent: int = 2, column: int = 10) -> None:
        """`label  value`, the value wrapped in a column of its own."""
        self.line(dim(label.ljust(column)), *parts, indent=indent, hang=indent + column)

    def next(self, *commands: str) -> None:
        """What to type now."""
        for number, command in enumerate(commands):
            self.exact(f"{'next:' if not number else '     '} {command}", "name")

    def table(self, rows: Sequence[Line], indent: int = 2, right: Iterable[int] = ()) -> None:
        """Rows in columns as wide as their widest cell; the last column is wrapped."""
        if not rows:
            return
        rights = frozenset(right)
        cells = [[_escaped_span(cell) for cell in row] for row in rows]
        widths = [max(_cells(row[at].text) for row in cells) for at in range(len(cells[0]) - 1)]
        start = indent + sum(widths) + 2 * len(widths)
        for row in cells:
            head: list[Part] = []
            for at, wide in enumerate(widths):
                gap = " " * (wide - _cells(row[at].text))
                head += [gap, row[at], "  "] if at in rights else [row[at], gap, "  "]
            tail = _wrapped([row[-1]], self.width, start, start)
            for number, words in enumerate(tail):
                front = " " * start if number else " " * indent + self._drawn(head)
                self._lines.append((front + self._drawn(words)).rstrip())

    def _drawn(self, parts: Iterable[Part]) -> str:
        spans = (part if isinstance(part, Span) else Span(part) for part in parts)
        runs = groupby(spans, key=lambda span: span.style)
        return "".join(self._styled("".join(span.text for span in run), style) for style, run in runs)

    def _styled(self, text: str, style: str) -> str:
        code = _COLOURS.get(style) if self._colour and text.strip() else None
        return f"\x1b[{code}m{text}\x1b[0m" if code else text


# --- wrapping -------------------------------------------------------------------------------------------


def _lines_of(text: str) -> list[str]:
    return text.replace("\r\n", "\n").expandtabs(4).rstrip("\n").split("\n")


def _escaped_span(part: Part) -> Span:
    return Span(escaped(part)) if isinstance(part, str) else Span(escaped(part.text), part.style)


def _cells(text: str) -> int:
    """How many columns a terminal gives this text."""
    if text.isascii():
        return len(text)
    return sum(_width_of(char) for char in text)


def _width_of(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _wrapped(parts: Sequence[Part], width: int, indent: int, hang: int) -> Iterator[list[Part]]:
    """The parts as lines of at most `width` columns, broken between words, or inside one too long for it."""
    line: list[Part] = []
    used, room, continued = 0, width - indent, False
    for word in _words([_escaped_span(part) for part in parts], max(width - max(indent, hang), 8)):
        size = sum(_cells(span.text) for span in word)
        blank = word[0].text == " "
        if blank and continued and not line:
            continue
        if line and not blank and used + size > room:
            yield _without_end(line)
            line, used, room, continued = [], 0, width - hang, True
        line.extend(word)
        used += size
    yield _without_end(line)


def _without_end(line: list[Part]) -> list[Part]:
    while line and isinstance(line[-1], Span) and not line[-1].text.strip():
        line = line[:-1]
    return line


def _words(spans: Sequence[Span], longest: int) -> Iterator[list[Span]]:
    """Runs without a blank, each blank a word of its own; a word may change its style inside."""
    word: list[Span] = []
    for span in spans:
        pieces = span.text.split(" ")
        for number, piece in enumerate(pieces):
            if number:
                if word:
                    yield word
                    word = []
                yield [Span(" ", span.style)]
            while _cells(piece) > longest:
                head = piece[: _fitting(piece, longest)]
                yield [*word, Span(head, span.style)]
                word, piece = [], piece[len(head) :]
            if piece:
                word.append(Span(piece, span.style))
    if word:
        yield word


def _fitting(text: str, cells: int) -> int:
    """How many characters fit into so many columns, at least one."""
    used = 0
    for at, char in enumerate(text):
        used += _width_of(char)
        if used > cells:
            return max(at, 1)
    return len(text)
