"""What a field's own patterns nearly read: each a little looser than it is written.

A pattern that reads too little is usually right but for one place: a repeat that ends too soon, a class that
lacks a letter, a word that is missing from a choice. What it would read with that place open may be a value.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from fixloop.propose.readings.patterns import CLASS, LONGEST_REPEAT, REPEAT, WORD_CHOICE, floods, wider
from fixloop.workspace.checks.extraction import pattern_complaint

_FURTHER = 3
_ANY_WORD = r"(?:[^\W\d_]{1,20})"


@lru_cache(maxsize=1024)
def loosened(pattern: str) -> tuple[re.Pattern[str], ...]:
    """The pattern in any case with every repeat and class wider, and with each choice of words left open.

    Where that reads just anything, with one of the three at a time.
    """
    wide = [one for one in [_any_case(_classes(_repeats(pattern)))] if _fits(one)]
    wide = wide or [one for one in (_any_case(pattern), _classes(pattern), _repeats(pattern)) if _fits(one)]
    opened = [one for one in _open(pattern) if _fits(one)]
    return tuple(map(re.compile, dict.fromkeys([*wide, *opened])))


def nearly_read(pattern: str, text: str) -> Iterator[str]:
    """The values that a pattern, loosened, reads in a text."""
    for one in loosened(pattern):
        group = int(one.groups == 1)
        yield from (match[group] for match in one.finditer(text) if match[group])


def _fits(pattern: str) -> bool:
    return not pattern_complaint(pattern) and not floods(pattern)


def _any_case(pattern: str) -> str:
    return pattern if pattern.startswith("(?i)") else f"(?i){pattern}"


def _repeats(pattern: str) -> str:
    return REPEAT.sub(_longer, pattern)


def _longer(match: re.Match[str]) -> str:
    low, high = int(match[1]), int(match[2] or match[1])
    return f"{{{min(low, 1)},{max(high, min(high + _FURTHER, LONGEST_REPEAT))}}}"


def _classes(pattern: str) -> str:
    return CLASS.sub(lambda match: f"[{_widest(match[1])}]", pattern)


def _widest(inside: str) -> str:
    found = inside
    while wide := next((one for one in wider(found) if len(one) <= len(found)), None):
        found = wide
    return found


def _open(pattern: str) -> Iterator[str]:
    for match in WORD_CHOICE.finditer(pattern):
        yield pattern[: match.start()] + _ANY_WORD + pattern[match.end() :]
