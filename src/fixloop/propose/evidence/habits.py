"""What templates have in common: the variable after some words, a number that several of them name.

Where one template alone has another variable there, or a number that is all but another's, it may be wrong.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fixloop.workspace.model import Template, Workspace

_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.S)
WORDS_BEFORE = 2
"""Words before a variable that say what belongs there."""

FEWEST_AFTER_TWO, FEWEST_AFTER_ONE = 2, 3
"""Other templates that must agree: two words before a variable say more of what belongs there than one."""

_NUMBER = re.compile(r"(?<![\w])\d[\d ./-]*\d(?!\w)")
FEWEST_DIGITS, FEWEST_NAMING = 6, 2
"""Digits from which a number names one thing, such as a line, and other templates that must name it."""

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Habits:
    """The words before each variable of a workspace's templates, and which templates have which there.

    `naming` are the templates with each long number.
    """

    having: Mapping[Words, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    naming: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, workspace: Workspace) -> "Habits":
        """The habits of all templates."""
        found: dict[Words, dict[str, frozenset[str]]] = {}
        naming: dict[str, frozenset[str]] = {}
        for template in workspace.templates.values():
            for text in template.texts.values():
                for number in long_numbers(text):
                    naming[number] = naming.get(number, frozenset()) | {template.name}
                for words, variable in variables_after(text):
                    for key in (words, words[-1:]):
                        names = found.setdefault(key, {})
                        names[variable] = names.get(variable, frozenset()) | {template.name}
        return cls(found, naming)

    def usual(self, template: str, words: Words, variable: str) -> str | None:
        """What several other templates have after these words, where none of them has this variable.

        Where too few have any after these two words, the last of them tells.
        """
        if len(words) != WORDS_BEFORE:
            return None
        for key, fewest in ((words, FEWEST_AFTER_TWO), (words[-1:], FEWEST_AFTER_ONE)):
            counts = self._elsewhere(template, key)
            if len(counts) > 1 or variable in counts:
                return None
            if counts and next(iter(counts.values())) >= fewest:
                return next(iter(counts))
        return None

    def _elsewhere(self, template: str, words: Words) -> dict[str, int]:
        """The variables that other templates have after some words, with how many have each."""
        there = self.having.get(words, {})
        return {one: left for one, names in there.items() if (left := len(names - {template}))}

    def usual_number(self, template: str, number: str) -> str | None:
        """What several other templates say that is this number but for one digit, where none says this."""
        if self.naming.get(number, frozenset()) - {template}:
            return None
        like = [
            one
            for one, names in self.naming.items()
            if len(names - {template}) >= FEWEST_NAMING and _all_but_same(one, number)
        ]
        return like[0] if len(like) == 1 else None

    def is_odd(self, template: Template) -> bool:
        """Whether some variable or number of a template is not what others have in its place."""
        places = (place for text in template.texts.values() for place in variables_after(text))
        if any(self.usual(template.name, words, variable) for words, variable in places):
            return True
        numbers = (number for text in template.texts.values() for number in long_numbers(text))
        return any(self.usual_number(template.name, number) for number in numbers)


def long_numbers(text: str) -> list[str]:
    """The long numbers of a text's own words, as they are written."""
    found = _NUMBER.findall(_EXPRESSION.sub("\n", text))
    return [one for one in found if sum(sign.isdigit() for sign in one) >= FEWEST_DIGITS]


def _all_but_same(one: str, other: str) -> bool:
    """Whether two numbers are written alike and differ in one digit."""
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1


def variables_after(text: str) -> Iterator[tuple[Words, str]]:
    """Each variable of a text with the two words before it."""
    start = 0
    for match in _EXPRESSION.finditer(text):
        words = words_before(text[start : match.start()])
        start = match.end()
        if len(words) == WORDS_BEFORE:
            yield words, match[0]


def words_before(text: str) -> Words:
    """The last two words of a text."""
    return tuple(re.findall(r"\w+", text.casefold())[-WORDS_BEFORE:])
