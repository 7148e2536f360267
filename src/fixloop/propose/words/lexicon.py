"""The words staff may use for each leaf, template, tool and column of a workspace."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fixloop.propose.words.near import Space
from fixloop.propose.words.words import Said, document_shares, folded, read_comment, stems, with_meanings
from fixloop.workspace.model import Template, Tool, Workspace

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
    heard: Mapping[str, float] = field(default_factory=dict)
    alike: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    homes: Mapping[tuple[str, str], float] = field(default_factory=dict)
    tickets: Mapping[str, Any] = field(default_factory=dict)

    def asked(self, row: int, template: str) -> float:
        """How like a ticket is to all that is written of a template, 0…1."""
        found: Any = self.tickets.get(template)
        return 0.0 if found is None else float(found[row])

    def elsewhere(self, leaf: str, template: str) -> float:
        """How much less a template is like what a leaf is about than like what the likest leaf is, 0…1.

        Where even that is not like it, its own leaf is not there any more.
        """
        best = max((self.homes.get((one, template), 0.0) for one in self.leaves), default=0.0)
        return 1 - self.homes.get((leaf, template), 0.0) / best if best else 1.0

    def likeness(self, row: int, kind: str, name: str, other: str) -> float:
        """How much liker a comment is to all that is written of one leaf or template than of another."""
        nothing: Any = None
        here, there = self.alike.get((kind, name), nothing), self.alike.get((kind, other), nothing)
        return (0.0 if here is None else float(here[row])) - (0.0 if there is None else float(there[row]))

    def likeness_of(self, row: int, kind: str, name: str) -> float:
        """How like a comment is to all that is written of one leaf, template or tool."""
        found: Any = self.alike.get((kind, name))
        return 0.0 if found is None else float(found[row])

    def at_home(self, where: str, what: str) -> float:
        """How like a template is to what a leaf is about, or a tool to a leaf or a template, 0…1."""
        return self.homes.get((where, what), 0.0)

    def weight(self, stem: str) -> float:
        """How telling a stem is; a stem nothing uses is very telling, of something that is not there.

        What staff say in comments on everything ("customer", "obviously") tells little whatever it names.
        """
        return min(self.weights.get(stem, UNKNOWN_WEIGHT), self.heard.get(stem, UNKNOWN_WEIGHT))

    def mass(self, said: frozenset[str]) -> float:
        """The sum of the weights of some stems."""
        return sum(map(self.weight, said))

    def coverage(self, said: frozenset[str], terms: frozenset[str]) -> float:
        """The share (by weight) of what was said that some terms account for, 0…1."""
        named = said & terms
        total = self.mass(said) if named else 0.0
        return self.mass(named) / total if total else 0.0

    def known(self, said: Said) -> float:
        """The share of what was affirmed that any element of the workspace accounts for, 0…1."""
        return self.coverage(said.affirmed, frozenset(self.weights))


MOST_TELLING = 20
FEWEST_TELLING = 2
TELLING_SHARE = 0.3
"""A stem tells of a leaf when at least this share of all examples that have it are the leaf's."""


def build_lexicon(
    workspace: Workspace, learnt: Mapping[str, Iterable[str]] | None = None, comments: Iterable[str] = ()
) -> Lexicon:
    """The lexicon of a workspace; `learnt` are comments that led to a leaf, `comments` all of this run."""
    spoken = learnt or {}
    telling = telling_stems(workspace)
    leaves = {
        str(leaf): stems(leaf)
        | _told(workspace.intents.intents[leaf].description)
        | telling.get(leaf, frozenset())
        | frozenset(one for comment in spoken.get(leaf, ()) for one in read_comment(comment).affirmed)
        for leaf in workspace.intents.leaves
    }
    templates = {name: stems(name) | _told(one.description) for name, one in workspace.templates.items()}
    tools = {name: stems(name) | _told(one.description) for name, one in workspace.tools.items()}
    columns = {
        column: stems(column) for source in workspace.fetch.sources.values() for column in source.fields
    }
    documents = [*leaves.values(), *templates.values(), *tools.values(), *columns.values()]
    heard = document_shares(stems(one) for one in comments)
    return Lexicon(leaves, templates, tools, columns, document_shares(documents), heard)


def _told(description: str) -> frozenset[str]:
    """What a description says of a thing, without what it says that the thing is not."""
    return read_comment(description).affirmed


def with_likeness(
    lexicon: Lexicon,
    workspace: Workspace,
    comments: list[str],
    learnt: Mapping[str, Iterable[str]],
    tickets: list[str] | None = None,
) -> Lexicon:
    """The lexicon with how like each comment is to all that is written of each leaf and template.

    And how like each ticket is to each template: a leaf that is not there any more may have left one behind.

    By parts of words too, so that a compound or another ending does not hide what is meant.
    """
    import numpy as np

    documents = {("leaf", leaf): text for leaf, text in _leaf_texts(workspace, learnt).items()}
    documents |= {("template", name): template_text(one) for name, one in workspace.templates.items()}
    documents |= {("tool", name): _tool_text(one) for name, one in workspace.tools.items()}
    names, texts = list(documents), [with_meanings(text) for text in documents.values()]
    comments = [with_meanings(comment) for comment in comments]
    space = Space.of([*texts, *comments])
    rows = space.rows(texts)
    alike = np.round((space.rows(comments) @ rows.T).toarray(), 6) if comments else np.zeros((0, len(names)))
    within = np.round((rows @ rows.T).toarray(), 6)
    homes = {
        (names[a][1], names[b][1]): float(within[a, b])
        for a in range(len(names))
        for b in range(len(names))
        if (names[a][0], names[b][0]) in _HOMES
    }
    alike_of = {name: alike[:, n] for n, name in enumerate(names)}
    return replace(lexicon, alike=alike_of, homes=homes, tickets=_asked(space, rows, names, tickets or []))


def _asked(space: Space, rows: Any, names: list[tuple[str, str]], tickets: list[str]) -> dict[str, Any]:
    """Template to how like each ticket is to it."""
    import numpy as np

    told = [n for n, (kind, _) in enumerate(names) if kind == "template"]
    if not tickets or not told:
        return {}
    alike = np.round((space.rows([folded(one) for one in tickets]) @ rows[told].T).toarray(), 6)
    return {names[n][1]: alike[:, column] for column, n in enumerate(told)}


_HOMES = frozenset({("leaf", "template"), ("leaf", "tool"), ("template", "tool")})


def _leaf_texts(workspace: Workspace, learnt: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {
        str(leaf): " ".join(
            [
                str(leaf).replace("_", " "),
                workspace.intents.intents[leaf].description,
                *(one.text for one in workspace.examples.get(leaf, ())),
                *learnt.get(leaf, ()),
            ]
        )
        for leaf in workspace.intents.leaves
    }


def _tool_text(tool: Tool) -> str:
    return " ".join([tool.name.replace("_", " "), tool.description])


def template_text(template: Template) -> str:
    """All that is written of a template: its name, its description, and its texts without their variables."""
    plain = (re.sub(r"\{[{%#].*?[}%#]\}", " ", text, flags=re.S) for text in template.texts.values())
    return " ".join([template.name.replace("_", " "), template.description, *plain])


def telling_stems(workspace: Workspace) -> dict[str, frozenset[str]]:
    """Leaf to the stems that several of its examples have and few others do, the commonest of them."""
    counts = {
        str(leaf): Counter(stem for one in found for stem in stems(one.text))
        for leaf, found in workspace.examples.items()
    }
    total = sum(counts.values(), Counter[str]())
    found = {}
    for leaf, own in counts.items():
        chosen = [s for s, n in own.items() if n >= FEWEST_TELLING and n >= TELLING_SHARE * total[s]]
        found[leaf] = frozenset(sorted(chosen, key=lambda s: (-own[s], s))[:MOST_TELLING])
    return found
