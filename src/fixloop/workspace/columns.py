"""Which columns tell a reader which record it is, and what a plan tree asks of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from fixloop.workspace.model import Branch, Workspace


@dataclass(frozen=True, slots=True)
class Columns:
    """The `ids` columns of all sources, in their order, and the columns that each leaf's conditions read."""

    ids: tuple[str, ...] = ()
    asked: Mapping[str, frozenset[str]] = field(default_factory=dict)


NO_COLUMNS = Columns()


def columns_of(workspace: Workspace) -> Columns:
    """Those of a workspace."""
    ids = dict.fromkeys(source.id for source in workspace.fetch.sources.values())
    asked = {str(leaf): frozenset(_asked(tree.branches)) for leaf, tree in workspace.plan_trees.items()}
    return Columns(tuple(ids), asked)


def _asked(branches: Iterable[Branch]) -> Iterator[str]:
    from fixloop.workspace.plan_tree import all_tests  # it reads YAML, and a verdict's page does without

    for branch in branches:
        for test in all_tests(branch.when):
            root, _, below = test.path.partition(".")
            if root in ("record", "records") and below:
                yield below.partition(".")[0]
        yield from _asked(branch.branches)
