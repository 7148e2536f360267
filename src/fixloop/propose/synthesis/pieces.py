"""A template's text in pieces, and the one edit of it that makes another reply of one.

A rendered reply is the template's pieces in order, literals as they stand and each `{{ … }}` as what it gave,
so a differing stretch of the reply names the pieces it came from; an insertion takes a neighbour along, so
that its place is named.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

from fixloop.propose.words.ticket_values import is_plain

EXPRESSION = re.compile(r"\{\{.*?\}\}", re.S)

TOKEN = re.compile(r"\w+|\s+|[^\w\s]")

_HAS_WORD = re.compile(r"\w")

MOST_AROUND = 16
"""Words and signs taken along on a side until the place is named by them alone."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the template's source and what it rendered to."""

    source: str
    rendered: str


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement in a template's source, and the same in the rendered reply."""

    was: str
    to: str
    rendered_was: str
    rendered_to: str


def align(source: str, rendered: str) -> list[Piece] | None:
    """The template's literals and expressions with what each rendered to; None when that is ambiguous."""
    literals = EXPRESSION.split(source)
    pattern = "(.*?)".join(
        re.escape(part.strip("\n") if n in (0, len(literals) - 1) else part)
        for n, part in enumerate(literals)
    )
    found = re.fullmatch(r"\s*" + pattern + r"\s*", rendered, re.S)
    if found is None:
        return None
    return cut(source, found.groups())


def cut(source: str, rendered: Sequence[str]) -> list[Piece]:
    """The literals and expressions of a text in order, with what each expression rendered to."""
    literals, expressions = EXPRESSION.split(source), EXPRESSION.findall(source)
    pieces = [Piece(literals[0], literals[0])]
    for expression, text, literal in zip(expressions, rendered, literals[1:], strict=True):
        pieces += [Piece(expression, text), Piece(literal, literal)]
    return pieces


def edit_of(
    pieces: Sequence[Piece], corrected: str, values: Mapping[str, str], source: str | None = None
) -> Edit | None:
    """The one stretch that differs, with as much around it as names its place in the source.

    Widened to whole pieces where it cuts into an expression. `source` is the whole text where the pieces are
    not all of it.
    """
    whole = "".join(piece.source for piece in pieces) if source is None else source
    own = {p.rendered: p.source for p in pieces if p.source.startswith("{{") and not is_plain(p.rendered)}
    values = {**values, **{text: variable for text, variable in own.items() if len(text) >= 2}}
    rendered = "".join(piece.rendered for piece in pieces)
    a, b = TOKEN.findall(rendered.strip()), TOKEN.findall(corrected.strip())
    blocks = [
        block for block in SequenceMatcher(None, a, b, autojunk=False).get_opcodes() if block[0] != "equal"
    ]
    if not blocks:
        return None
    told, lead = corrected.strip(), len(rendered) - len(rendered.lstrip())
    offsets = list(accumulate((len(token) for token in a), initial=lead))
    first, last = blocks[0][1], blocks[-1][2]
    for around in range(MOST_AROUND):
        # Before first, behind only where nothing stands before: a sentence follows what it follows.
        for end in (last, min(len(a), last + around)):
            start = offsets[max(0, first - around)]
            found = _stretch(pieces, *_with_values(rendered, told, start, offsets[end], values), told, values)
            if found is not None and _HAS_WORD.search(found.was) and whole.count(found.was) == 1:
                return found if found.was != found.to else None
    return None


def _with_values(
    rendered: str, told: str, start: int, end: int, values: Mapping[str, str]
) -> tuple[int, int]:
    """A differing stretch widened so that a value which changed in a part of it is in it as a whole."""
    after = len(rendered.rstrip()) - end
    lead = len(rendered) - len(rendered.lstrip())
    low, high = start - lead, len(told) - after
    for value in values:
        at = told.find(value, max(0, low - len(value) + 1))
        if 0 <= at < high and at + len(value) > low and (at < low or at + len(value) > high):
            return start - max(0, low - at), end + max(0, at + len(value) - high)
    return start, end


def _stretch(
    pieces: Sequence[Piece], start: int, end: int, told: str, values: Mapping[str, str]
) -> Edit | None:
    """The edit of what was rendered from one place to another."""
    rendered = "".join(piece.rendered for piece in pieces)
    lead = len(rendered) - len(rendered.lstrip())
    start, end, source = _widen(pieces, start, end)
    prefix, suffix = rendered[lead:start], rendered[end:].rstrip()
    fits = told.startswith(prefix) and told.endswith(suffix) and len(prefix) + len(suffix) <= len(told)
    if not fits:
        return None
    to = told[len(prefix) : len(told) - len(suffix)]
    return Edit(source, restore(to, values), rendered[start:end], to)


def _widen(pieces: Sequence[Piece], start: int, end: int) -> tuple[int, int, str]:
    """Rendered offsets widened to whole expressions (and to a word where they are empty), with the source."""
    source, at, begin, stop = "", 0, start, end
    for piece in pieces:
        low, high = at, at + len(piece.rendered)
        at = high
        if high <= start and not (low == high == start):
            continue
        if low >= end:
            break
        if piece.source.startswith("{{"):
            begin, stop = min(begin, low), max(stop, high)
            source += piece.source
        else:
            source += piece.source[max(0, start - low) : max(0, end - low)]
    return begin, stop, source


def restore(text: str, values: Mapping[str, str]) -> str:
    """The text with values of this ticket put back as the variables they come from, braces made harmless."""
    found = text.replace("{{", "{ {").replace("{%", "{ %")
    for value, variable in values.items():
        found = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", lambda _: variable, found)  # noqa: B023
    return found
