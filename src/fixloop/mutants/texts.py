"""Texts made up for a pattern: what it just finds, and what it just does not.

A pattern is a list of choices: how often something repeats, which alternative stands, which sign of a class.
One text makes every choice the plain way; each other text makes one choice otherwise. Put into a sentence,
and against letters and digits, they show where two patterns part.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

_parser: Any = re._parser  # type: ignore[attr-defined]

MOST_TEXTS = 400
_FRAMES = (
    "about {} please",
    "x{} please",
    "1{} please",
    "-{} please",
    "about {}x",
    "about {}1",
    "about {}-",
    "about {} 1",
)
_CATEGORIES = {"CATEGORY_DIGIT": "7", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "w"}
_ANYTHING = "abcxyz789-/.#@ "
_LONGEST = 12


def texts_for(*patterns: str) -> Iterator[str]:
    """Texts around what any of the patterns finds, the plainest first, each once."""
    values = dict.fromkeys(value for pattern in patterns for value in _values(pattern))
    told: dict[str, None] = {}
    for frame in _FRAMES:
        for value in values:
            for spelt in (value, value.upper(), value.lower()):
                text = frame.format(spelt)
                if text not in told and len(told) < MOST_TEXTS:
                    told[text] = None
                    yield text


def _values(pattern: str) -> Iterator[str]:
    """The plain value of a pattern, then one for every choice made otherwise."""
    try:
        parsed = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return
    plain = _Writer({})
    yield plain.write(parsed)
    for place, options in enumerate(plain.options):
        for option in range(1, options):
            yield _Writer({place: option}).write(parsed)


class _Writer:
    """Writes one text of a parsed pattern; `options` are how many ways each choice could have gone."""

    def __init__(self, chosen: dict[int, int]) -> None:
        self._chosen = chosen
        self.options: list[int] = []
        self._signs = 0

    def write(self, items: Any) -> str:
        """The text of a sequence of parsed elements."""
        return "".join(self._element(str(op), argument) for op, argument in items)

    def _choose(self, ways: Sequence[Any]) -> Any:
        place = len(self.options)
        self.options.append(len(ways))
        return ways[min(self._chosen.get(place, 0), len(ways) - 1)]

    def _element(self, name: str, argument: Any) -> str:
        if name == "LITERAL":
            return chr(argument)
        if name == "NOT_LITERAL":
            return next(sign for sign in _ANYTHING if ord(sign) != argument)
        if name == "ANY":
            return "a"
        if name == "IN":
            return self._sign(argument)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            return self._repeated(*argument)
        if name == "BRANCH":
            return self.write(self._choose(argument[1]))
        if name == "SUBPATTERN":
            return self.write(argument[-1])
        return self.write(argument) if name == "ATOMIC_GROUP" else ""

    def _repeated(self, least: Any, most: Any, items: Any) -> str:
        least, most = int(least), int(most)
        counts = [least, least + 1, max(least - 1, 0), most if most <= _LONGEST else least + 2]
        times = self._choose(list(dict.fromkeys(counts)))
        return "".join(self.write(items) for _ in range(times))

    def _sign(self, members: Sequence[Any]) -> str:
        """A sign of a class; of ranges one after the other, so that a number looks like one."""
        self._signs += 1
        if str(members[0][0]) == "NEGATE":
            return next((sign for sign in _ANYTHING if not _holds(members[1:], sign)), "")
        ways = [self._member(str(op), argument) for op, argument in members]
        return str(self._choose(ways))

    def _member(self, name: str, argument: Any) -> str:
        if name == "RANGE":
            low, high = argument
            return chr(low + self._signs % (high - low + 1))
        if name == "CATEGORY":
            if str(argument) == "CATEGORY_DIGIT":
                return str(self._signs % 10)
            return _CATEGORIES.get(str(argument), "a")
        return chr(argument)


def _holds(members: Sequence[Any], sign: str) -> bool:
    for op, argument in members:
        name = str(op)
        if name == "LITERAL" and argument == ord(sign):
            return True
        if name == "RANGE" and argument[0] <= ord(sign) <= argument[1]:
            return True
        if name == "CATEGORY" and _in_category(str(argument), sign):
            return True
    return False


def _in_category(name: str, sign: str) -> bool:
    return {
        "CATEGORY_DIGIT": sign.isdigit(),
        "CATEGORY_SPACE": sign.isspace(),
        "CATEGORY_WORD": sign.isalnum() or sign == "_",
    }.get(name, False)
