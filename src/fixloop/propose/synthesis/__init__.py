"""From a group of rejections to operations: one file a kind, each with `synthesise(bench, group)`."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from fixloop.propose.bench.draft import Draft, Unable
    from fixloop.propose.bench.workbench import Workbench
    from fixloop.propose.diagnosis.group import Group

Synthesiser = Callable[["Workbench", "Group"], "Draft | Unable"]


class _Maker(NamedTuple):
    module: str
    function: str = "synthesise"


_MAKERS = {
    "add_example": _Maker("intent"),
    "add_edge": _Maker("intent", "edge"),
    "set_threshold": _Maker("intent", "threshold"),
    "add_leaf": _Maker("new_leaf"),
    "set_weight": _Maker("fetch"),
    "add_pattern": _Maker("extraction"),
    "remove_pattern": _Maker("extraction", "unread"),
    "add_branch": _Maker("plan"),
    "edit_template": _Maker("template"),
    "fix_case": _Maker("case_edit"),
}


def synthesiser(kind: str) -> Synthesiser | None:
    """What turns rejections that ask for this kind of change into operations; None for "nothing to fix".

    Its drafts come with three near misses at least, as far as anything is accepted that could be one.
    """
    maker = _MAKERS.get(kind)
    if maker is None:
        return None
    made: Synthesiser = getattr(import_module(f"{__name__}.{maker.module}"), maker.function)

    def guarded(bench: "Workbench", group: "Group") -> "Draft | Unable":
        from fixloop.propose.bench.draft import Draft
        from fixloop.propose.synthesis.guards import with_enough

        found = made(bench, group)
        return with_enough(bench, found) if isinstance(found, Draft) else found

    return guarded
