"""The words staff may use for each leaf, template, tool and column of a workspace."""

from collections.abc import Mapping
from dataclasses import dataclass

from fixloop.propose.words import Said, document_shares, stems
from fixloop.workspace.model import Workspace

UNKNOWN_WEIGHT = 4.0
"""The weight of a stem that no element of the workspace uses: a rare word, so it weighs like one."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Stems of every element, and how telling each stem is (inverse document frequency over elements)."""

    leaves: Mapping[str, frozenset[str]]
    templates: Mapping[str, frozenset[str]]
    tools: Mapping[str, frozenset[str]]
    columns: Mapping[str, frozenset[str]]
    weights: Mapping[str, float]

    def weight(self, stem: str) -> float:
        """How telling a stem is; a stem nothing uses is very telling, of something that is not there."""
        return self.weights.get(stem, UNKNOWN_WEIGHT)

    def mass(self, said: frozenset[str]) -> float:
        """The sum of the weights of some stems."""
        return sum(map(self.weight, said))

    def coverage(self, said: frozenset[str], terms: frozenset[str]) -> float:
        """The share (by weight) of what was said that some terms account for, 0…1."""
        total = self.mass(said)
        return self.mass(said & terms) / total if total else 0.0

    def known(self, said: Said) -> float:
        """The share of what was affirmed that any element of the workspace accounts for, 0…1."""
        return self.coverage(said.affirmed, frozenset(self.weights))


def build_lexicon(workspace: Workspace, learnt: Mapping[str, frozenset[str]] | None = None) -> Lexicon:
    """The lexicon of a workspace; `learnt` adds stems to leaves (from comments of merged hints)."""
    extra = learnt or {}
    leaves = {
        str(leaf): stems(leaf)
        | stems(workspace.intents.intents[leaf].description)
        | extra.get(leaf, frozenset())
        for leaf in workspace.intents.leaves
    }
    templates = {name: stems(name) | stems(one.description) for name, one in workspace.templates.items()}
    tools = {name: stems(name) | stems(one.description) for name, one in workspace.tools.items()}
    columns = {
        column: stems(column) for source in workspace.fetch.sources.values() for column in source.fields
    }
    documents = [*leaves.values(), *templates.values(), *tools.values(), *columns.values()]
    return Lexicon(leaves, templates, tools, columns, document_shares(documents))
