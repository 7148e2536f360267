"""Whether a text says a column of the records that it should not: by what the other texts of a workspace say.

A column that no other text says and that no word of this one names is seldom one that a text should say, and
often one that stands there by mistake: most columns are for conditions and calls. How often, a workspace's
own texts tell.
"""

import re
from collections import Counter
from collections.abc import Mapping
from math import log

from fixloop.propose.words.words import stems
from fixloop.workspace.model import Template, Workspace

_COLUMN = re.compile(r"\brecord\.(\w+)")
_CODE = re.compile(r"\{[{%#].*?[}%#]\}", re.S)

State = tuple[bool, bool]
"""Whether no other text says a column, and whether a word of the text names it."""

USUAL: Mapping[State, float] = {
    (True, False): 0.05,
    (True, True): 0.1,
    (False, True): 0.35,
    (False, False): 0.5,
}
"""How the columns of texts are that are as they should be, before a workspace was looked at."""

AS_MANY = 8
"""As sure as so many columns of its texts make it."""

OF_A_VARIABLE = 0.5
"""How often a text that is wrong says a wrong column, and not wrong words."""


def wrong_variables(workspace: Workspace) -> dict[str, float]:
    """Template to what the columns it says speak for its being wrong, in nats, against any other text's."""
    said = {name: columns_of(one) for name, one in workspace.templates.items()}
    words = {name: _words(one) for name, one in workspace.templates.items()}
    users = Counter(column for found in said.values() for column in found)
    every = {column for source in workspace.fetch.sources.values() for column in source.fields} | users.keys()
    names = {column: stems(column.replace("_", " ")) for column in every}

    def state(name: str, column: str) -> State:
        return users[column] == (column in said[name]), bool(names[column] & words[name])

    known = Counter(state(name, column) for name, found in said.items() for column in found)
    size = AS_MANY + known.total()
    found = {}
    for name, own in said.items():
        drawn = Counter(state(name, column) for column in every)
        ratios = [
            drawn[one] / len(every) / ((USUAL[one] * AS_MANY + known[one] - 1) / (size - 1))
            for one in (state(name, column) for column in own)
        ]
        mean = sum(ratios) / len(ratios) if ratios else 0.0
        found[name] = log(OF_A_VARIABLE * mean + 1 - OF_A_VARIABLE)
    return found


def columns_of(template: Template) -> frozenset[str]:
    """The columns of the records that a template says."""
    return frozenset(name for text in template.texts.values() for name in _COLUMN.findall(text))


def _words(template: Template) -> frozenset[str]:
    """The stems of a template's name, description and words."""
    plain = (_CODE.sub(" ", text) for text in template.texts.values())
    return stems(" ".join([template.name.replace("_", " "), template.description, *plain]))
