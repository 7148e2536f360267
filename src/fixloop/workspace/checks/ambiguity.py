"""Patterns that can read one text in many ways: a text that fits none of them keeps them busy for ever.

Inside a repeat without limit, two ways to go on with the same character double the work at every pass. Where
each character decides the way (as in one-unambiguous expressions: Brüggemann-Klein and Wood, 1998), it cannot
happen. The check looks at one character only, so it refuses some patterns that would be harmless.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

_ALPHABET = frozenset(map(chr, range(256))) | {"\u0100", "\u4e00", "\u2028"}
"""Characters to try: all of Latin-1, a letter, a sign and a line break beyond it."""
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


class _Start(NamedTuple):
    """The characters something can begin with, and whether it can be nothing at all."""

    signs: frozenset[str]
    empty: bool


def is_ambiguous(items: Any, many: int) -> bool:
    """Whether a parsed pattern repeats, `many` times or more, what can go on in two ways."""
    return any(_repeats_a_choice(name, argument, many) for name, argument in _elements(items))


def _repeats_a_choice(name: str, argument: Any, many: int) -> bool:
    if name in _REPEATS:
        _, most, repeated = argument
        if int(most) >= many and _has_choice(list(repeated), _start(repeated).signs):
            return True
        return is_ambiguous(repeated, many)
    return any(is_ambiguous(part, many) for part in parts_of(name, argument))


def _has_choice(items: list[Any], after: frozenset[str]) -> bool:
    """Whether the next character may not decide how to read the items, when `after` follows them."""
    for place, (op, argument) in enumerate(items):
        rest = _start(items[place + 1 :])
        follow = rest.signs | (after if rest.empty else frozenset())
        if _may_go_two_ways(str(op), argument, follow):
            return True
    return False


def _may_go_two_ways(name: str, argument: Any, follow: frozenset[str]) -> bool:
    if name in _REPEATS:
        least, most, repeated = argument
        start = _start(repeated)
        varies = int(least) != int(most) and bool(start.signs & follow)
        return varies or _has_choice(list(repeated), follow | start.signs)
    if name == "BRANCH":
        starts = [_start(part) for part in argument[1]]
        if sum(start.empty for start in starts) > 1:
            return True
        seen = follow if any(start.empty for start in starts) else frozenset[str]()
        for start in starts:
            if start.signs & seen:
                return True
            seen |= start.signs
        return any(_has_choice(list(part), follow) for part in argument[1])
    return any(_has_choice(list(part), follow) for part in parts_of(name, argument))


# --- what things begin with -------------------------------------------------------------------------------


def _start(items: Any) -> _Start:
    """What a sequence can begin with."""
    signs = frozenset[str]()
    for op, argument in items:
        found = _start_of(str(op), argument)
        signs |= found.signs
        if not found.empty:
            return _Start(signs, False)
    return _Start(signs, True)


def _start_of(name: str, argument: Any) -> _Start:
    if name in _REPEATS:
        start = _start(argument[2])
        return _Start(start.signs, start.empty or int(argument[0]) == 0)
    if name == "BRANCH":
        starts = [_start(part) for part in argument[1]]
        return _Start(frozenset().union(*(one.signs for one in starts)), any(one.empty for one in starts))
    if name in ("SUBPATTERN", "ATOMIC_GROUP"):
        return _start(parts_of(name, argument)[0])
    if name in ("AT", "ASSERT", "ASSERT_NOT"):
        return _Start(frozenset(), True)
    return _Start(_signs(name, argument), False)


def _signs(name: str, argument: Any) -> frozenset[str]:
    """The characters one element matches; all of them where that is not known."""
    if name == "LITERAL":
        return frozenset({chr(argument)})
    if name == "NOT_LITERAL":
        return _ALPHABET - {chr(argument)}
    if name == "IN":
        named = [(str(op), value) for op, value in argument]
        found = frozenset().union(*(_signs_in(op, value) for op, value in named))
        return _ALPHABET - found if named[0][0] == "NEGATE" else found
    return _ALPHABET


def _signs_in(name: str, value: Any) -> frozenset[str]:
    if name == "LITERAL":
        return frozenset({chr(value)})
    if name == "RANGE":
        low, high = value
        return frozenset(char for char in _ALPHABET if low <= ord(char) <= high) | {chr(low), chr(high)}
    tests: Mapping[str, Callable[[str], bool]] = {
        "DIGIT": str.isdigit,
        "SPACE": str.isspace,
        "WORD": lambda char: char.isalnum() or char == "_",
    }
    kind = str(value).removeprefix("CATEGORY_").removeprefix("NOT_")
    if name == "CATEGORY" and kind in tests:
        inside = frozenset(char for char in _ALPHABET if tests[kind](char))
        return _ALPHABET - inside if "_NOT_" in str(value) else inside
    return frozenset() if name == "NEGATE" else _ALPHABET


def _elements(items: Any) -> Iterator[tuple[str, Any]]:
    return ((str(op), argument) for op, argument in items)


def parts_of(name: str, argument: Any) -> list[Any]:
    """The patterns a parsed element holds; the parser's tuples differ from element to element."""
    if name == "SUBPATTERN":
        return [argument[-1]]
    if name in ("ASSERT", "ASSERT_NOT"):
        return [argument[1]]
    if name == "ATOMIC_GROUP":
        return [argument]
    if name == "BRANCH":
        return list(argument[1])
    if name == "GROUPREF_EXISTS":
        return [part for part in argument[1:] if part is not None]
    return []
