"""The rooted DAG of intents as the engine walks it: levels of parents, the labels below each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fixloop.workspace.model import other_of

ROOT = "root"


class IntentGraph:
    """Parents from the root down, and the labels an answer can have: leaves and every level's `other`."""

    def __init__(self, children: Mapping[str, Sequence[str]]) -> None:
        below = {parent: tuple(sorted(set(found))) for parent, found in children.items() if found}
        self.children: dict[str, tuple[str, ...]] = {ROOT: (), **below}
        self.levels: dict[str, int] = {}
        self._descend(ROOT, ())
        self.parents: tuple[str, ...] = tuple(sorted(self.levels, key=lambda one: (self.levels[one], one)))
        self.labels: tuple[str, ...] = tuple(sorted(set(self._all_labels())))

    def classes(self, parent: str) -> tuple[str, ...]:
        """What a parent chooses among: its children, then its own `other`."""
        return (*self.children[parent], other_of(parent))

    def labels_under(self, intent: str) -> frozenset[str]:
        """The labels reached from an intent; of a label, itself."""
        return self._under.get(intent, frozenset([intent]))

    @cached_property
    def reach(self) -> NDArray[np.bool_]:
        """Whether a label is reached from a parent [parents, labels]."""
        rows = [[label in self._under[parent] for label in self.labels] for parent in self.parents]
        return np.array(rows, dtype=np.bool_)

    @cached_property
    def _under(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for parent in reversed(self.parents):  # the deepest level first
            parts = [found.get(one, frozenset([one])) for one in self.classes(parent)]
            found[parent] = frozenset().union(*parts)
        return found

    def _descend(self, parent: str, above: tuple[str, ...]) -> None:
        """Set each parent's level: its longest way from the root, so all its own parents stand higher."""
        if parent in above:
            raise ValueError(f"intents go in a circle: {' > '.join((*above, parent))}")
        if self.levels.get(parent, -1) >= len(above):
            return
        self.levels[parent] = len(above)
        for child in self.children[parent]:
            if child in self.children:
                self._descend(child, (*above, parent))

    def _all_labels(self) -> Iterator[str]:
        for parent in self.parents:
            yield other_of(parent)
            yield from (child for child in self.children[parent] if child not in self.children)
