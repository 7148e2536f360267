"""Whether an answer could come out for a ticket at all: what its text says and its calls take has a value.

A branch whose text or call lacks a value hands over to a person, so nobody can have meant it here.
"""

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from fixloop.propose.readings.catalog import Catalog
from fixloop.propose.words.spelt import path_of, required
from fixloop.workspace.model import Template

_EXPRESSION = re.compile(r"\{\{(.*?)\}\}", re.S)
_PATH = re.compile(r"\s*(record\.\w+|fields\.\w+\.\w+)(?:\.0|\s*\|\s*first)?\s*")

Paths = frozenset[str]


@dataclass(frozen=True, slots=True)
class Filled:
    """The paths that each text needs in every language, and each tool's arguments: one set an argument.

    Of an argument's paths one is enough; an argument that some call gives as it is needs none.
    """

    texts: Mapping[str, Paths]
    calls: Mapping[str, tuple[Paths, ...]]

    @classmethod
    def of(cls, catalog: Catalog) -> "Filled":
        """What the texts and calls of a workspace need."""
        workspace = catalog.workspace
        texts = {name: _needed_by(one) for name, one in workspace.templates.items()}
        return cls(texts, {tool: tuple(_taken(catalog, tool)) for tool in catalog.calls})

    def could(self, reply: str, tools: Iterable[str], given: Set[str]) -> bool:
        """Whether a text and these tools could come out where these paths have a value."""
        if not self.texts.get(reply, frozenset()) <= given:
            return False
        return all(paths & given for tool in tools for paths in self.calls.get(tool, ()))


def _needed_by(template: Template) -> Paths:
    """The paths that a template says in every language; none where it has blocks: those may leave them."""
    if any("{%" in text for text in template.texts.values()):
        return frozenset()
    return frozenset[str].intersection(*(_said(text) for text in template.texts.values()))


def _said(text: str) -> Paths:
    found = (_PATH.fullmatch(inner) for inner in _EXPRESSION.findall(text))
    return frozenset(match[1] for match in found if match)


def _taken(catalog: Catalog, tool: str) -> Iterable[Paths]:
    """For each argument that a tool cannot do without: the paths its calls take it from."""
    for arg in required(catalog.workspace, tool):
        paths = [path_of(call.args.get(arg)) for call in catalog.calls[tool]]
        if all(paths):
            yield frozenset(paths)
