"""Templates that no tree uses: what a branch or a leaf leaves behind that went, or texts nobody needs.

They tell of something that is missing only where they are about what was asked, and that by comparison:
hardly a template of all is more like the ticket, or more like what its leaf is about. A leaf leaves several,
side by side in their file as they were written; a branch leaves one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import log
from typing import Any

from fixloop.propose.readings.catalog import Catalog
from fixloop.propose.words.lexicon import Lexicon

FAR_FROM_TICKET, FAR_FROM_BRANCH = 0.15, 0.4
"""The share of the used templates that are as like a ticket from which none of a leaf's is about it; and as
like a ticket or its leaf from which a branch's is not: there the branch itself is known."""

MOST_TOGETHER = 4
"""More of them side by side say no more: nobody needs them, rather."""


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Each unused template with the run of such that it lies in, and how many others are as near as it is.

    `tickets` has an array for each template, [tickets], `leaves` a number for each (leaf, template): which
    share of the used templates are as like it, 0…1.
    """

    runs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tickets: Mapping[str, Any] = field(default_factory=dict)
    leaves: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @classmethod
    def of(cls, catalog: Catalog, lexicon: Lexicon, tickets: int) -> "LeftBehind":
        """What is left behind in a workspace, for so many tickets."""
        runs = _side_by_side(catalog.workspace.templates, catalog.unused)
        used = [name for name in catalog.workspace.templates if name not in catalog.unused]
        if not runs or not used:
            return cls(runs)
        asked = [[lexicon.asked(row, name) for row in range(tickets)] for name in used]
        leaves = list(catalog.own)
        homes = [[lexicon.at_home(leaf, name) for leaf in leaves] for name in used]
        as_like = {n: _as_like(asked, [lexicon.asked(row, n) for row in range(tickets)]) for n in runs}
        at_home = {n: _as_like(homes, [lexicon.at_home(leaf, n) for leaf in leaves]) for n in runs}
        places = {(leaf, n): float(at_home[n][k]) for n in runs for k, leaf in enumerate(leaves)}
        return cls(runs, as_like, places)

    def together(self, template: str) -> float:
        """How many lie side by side with a template, in nats."""
        return log(min(len(self.runs.get(template, ("",))), MOST_TOGETHER))

    def of_leaf(self, row: int, template: str) -> float:
        """How near what lies side by side with a template is to a ticket, the nearest of it: 0…1."""
        far = min((self._from_ticket(row, one) for one in self.runs.get(template, ())), default=1.0)
        return max(0.0, 1 - far / FAR_FROM_TICKET)

    def of_branch(self, row: int, leaf: str, template: str) -> float:
        """How near a template is to a ticket, or to what its leaf is about: 0…1."""
        far = min(self._from_ticket(row, template), self.leaves.get((leaf, template), 1.0))
        return max(0.0, 1 - far / FAR_FROM_BRANCH)

    def _from_ticket(self, row: int, template: str) -> float:
        found = self.tickets.get(template)
        return 1.0 if found is None else float(found[row])


def _side_by_side(templates: Iterable[str], unused: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Each unused template with the run of such, in the order of the file, that it lies in."""
    runs = (tuple(run) for is_unused, run in groupby(templates, unused.__contains__) if is_unused)
    return {name: run for run in runs for name in run}


def _as_like(of_used: Sequence[Sequence[float]], own: Sequence[float]) -> Any:
    """The share of used templates [templates, things] that are as like each thing; 1 for what is not."""
    import numpy as np

    mine = np.array(own)
    return np.where(mine > 0, np.round((np.array(of_used) >= mine).mean(axis=0), 6), 1.0)
