"""The patterns of a workspace as a test of surrogates: what a pattern finds, it must find again."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice, product

from fixloop.feedback.spelling import CONFUSABLE, flatten, has_digit
from fixloop.feedback.surrogates import is_number
from fixloop.workspace.model import FieldRule

_MOST_SPELLINGS = 256
_FLAGS = re.compile(r"\(\?[aiLmsux]+\)")
_LONGEST = 256
_LONGEST_MIXED = 12
"""A longer value is no number in which letters and digits are mistaken for one another."""


class Forms:
    """Every pattern of a workspace, or what its group captures, to be matched in full."""

    def __init__(self, rules: Iterable[FieldRule]) -> None:
        sources = dict.fromkeys(
            source for rule in rules for pattern in rule.patterns if (source := _captured(pattern))
        )
        self._patterns = [found for source in sources if (found := _compiled(source))]

    def found(self, spellings: Sequence[str]) -> list[list[bool]]:
        """For each pattern, which of the spellings it matches."""
        return [[pattern.fullmatch(text) is not None for text in spellings] for pattern in self._patterns]

    def fits(self, like: str, signs: str, surrogate: str) -> bool:
        """Whether every pattern matches the same spellings of the surrogate as of the value.

        `like` is a text with the value's signs; only what stands between them is taken from it.
        """
        if len(like) > _LONGEST:
            return True
        return self.found(_spellings(like, signs)) == self.found(_spellings(like, surrogate))


def _spellings(like: str, signs: str) -> list[str]:
    """The value in upper, lower and title case, and where it mixes letters and digits in all its twins."""
    texts = [_plain(like, kinds, signs) for kinds in _kinds(signs)]
    if signs.isascii() and has_digit(signs):
        return [spelling for text in texts for spelling in (text, text.upper())]
    return [spelling for text in texts for spelling in (text, text.upper(), text.title())]


def _kinds(signs: str) -> list[str]:
    """For each confusable sign whether it is a letter (`l`) or a digit (`d`), in several ways.

    A number has digits that are nothing else; `OOO0001` may be a word with a number.
    """
    places = sum(sign in CONFUSABLE for sign in signs)
    if is_number(signs) and places < len(signs):
        return ["d" * places]
    if len(signs) > _LONGEST_MIXED:
        return ["l" * places, "d" * places] if places else [""]
    return ["".join(one) for one in islice(product("dl", repeat=places), _MOST_SPELLINGS)]


def _plain(like: str, kinds: str, signs: str) -> str:
    """The signs between what stands around them in `like`, in lower case."""
    kind = iter(kinds)
    written = [
        ("015"[CONFUSABLE.index(sign)] if next(kind) == "d" else sign) if sign in CONFUSABLE else sign
        for sign in signs
    ]
    flat = flatten(like)
    parts: list[str] = []
    done = 0
    for start, end, sign in zip(flat.starts, flat.ends, written, strict=True):
        parts += (like[done:start], sign)
        done = end
    return "".join(parts) + like[done:]


# --- what a pattern captures ----------------------------------------------------------------------------


def _captured(pattern: str) -> str:
    """The source of what a pattern gives: its one group, else all of it."""
    flags = _FLAGS.match(pattern)
    group = _first_group(pattern)
    if group is None:
        return pattern
    return (flags[0] if flags else "") + group


def _first_group(pattern: str) -> str | None:
    """The inside of the first capturing group, found by counting brackets."""
    depth = 0
    opened: tuple[int, int] | None = None
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif char == "[":
            at = _end_of_class(pattern, at)
        elif char == "(":
            depth += 1
            inside = _inside_of_group(pattern, at)
            if opened is None and inside is not None:
                opened = (depth, inside)
        elif char == ")":
            if opened is not None and opened[0] == depth:
                return pattern[opened[1] : at]
            depth -= 1
        at += 1
    return None


def _inside_of_group(pattern: str, at: int) -> int | None:
    """Where the inside of a capturing group begins; None for the other kinds of brackets."""
    if not pattern.startswith("(?", at):
        return at + 1
    named = re.compile(r"\(\?P<\w+>").match(pattern, at)
    return named.end() if named else None


def _end_of_class(pattern: str, at: int) -> int:
    at += 1
    if pattern.startswith("^", at):
        at += 1
    if pattern.startswith("]", at):
        at += 1
    while at < len(pattern) and pattern[at] != "]":
        at += 2 if pattern[at] == "\\" else 1
    return at


def _compiled(source: str) -> re.Pattern[str] | None:
    """A group can lean on what is outside of it; then nothing is known of its form."""
    try:
        return re.compile(source)
    except (re.error, RecursionError, OverflowError):
        return None
