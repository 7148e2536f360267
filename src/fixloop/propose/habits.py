"""Which variable templates have after which words: where one template has another there, it may be wrong."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fixloop.workspace.model import Template, Workspace

_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.S)
WORDS_BEFORE = 2
"""Words before a variable that say what belongs there."""

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Habits:
    """The words before each variable of a workspace's templates, and which templates have which there."""

    having: Mapping[Words, Mapping[str, frozenset[str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, workspace: Workspace) -> "Habits":
        """The habits of all templates."""
        found: dict[Words, dict[str, frozenset[str]]] = {}
        for template in workspace.templates.values():
            for text in template.texts.values():
                for words, variable in variables_after(text):
                    names = found.setdefault(words, {})
                    names[variable] = names.get(variable, frozenset()) | {template.name}
        return cls(found)

    def usual(self, template: str, words: Words, variable: str) -> str | None:
        """What several other templates have after these words, where none of them has this variable."""
        counts = {
            one: left
            for one, names in self.having.get(words, {}).items()
            if (left := len(names - {template}))
        }
        if len(counts) != 1 or variable in counts:
            return None
        usual, count = next(iter(counts.items()))
        return usual if count >= 2 else None

    def is_odd(self, template: Template) -> bool:
        """Whether some variable of a template is not what others have in its place."""
        places = (place for text in template.texts.values() for place in variables_after(text))
        return any(self.usual(template.name, words, variable) for words, variable in places)


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
