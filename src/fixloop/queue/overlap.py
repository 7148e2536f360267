"""Which fixes may stand in one batch: those that work at different places and reach different trees.

Two fixes that share a place are never judged together: their common effect would be nobody's. What they
share is asked of their operations, not of their text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fixloop.errors import FixloopError
from fixloop.hints.model import Hint
from fixloop.workspace.model import Workspace
from fixloop.workspace.text import text_digest

MOST_TOGETHER = 64
"""Fixes in one batch: above it, looking for a culprit takes longer than the second gate saves."""

_ANSWERING = frozenset({"plan", "template"})
"""Steps whose operations change what a leaf answers; two of them at one leaf are one question."""


@dataclass(frozen=True, slots=True)
class Places:
    """What a fix touches: `path`, `path#key` or `leaf:id`, and every place that holds one of them."""

    own: frozenset[str]
    around: frozenset[str]

    def meets(self, other: "Places") -> bool:
        """Whether the two share a place, or one touches a part of what the other touches."""
        return bool(
            self.own & other.own or self.own & other.around or self.around & other.own,
        )

    def joined(self, other: "Places") -> "Places":
        """What both touch."""
        return Places(self.own | other.own, self.around | other.around)


NOWHERE = Places(frozenset(), frozenset())


def places_of(hint: Hint, workspace: Workspace) -> Places:
    """Where a fix's operations work.

    A change of the fetch weights is felt by every record, so the whole file is its place. An example is a
    line, and lines of one file are different places, but for those of the leaf that the hint is about: many
    fixes shore up the same neighbour, few teach the same leaf. The same text taught twice is one place.

    Raises:
        BadInput: an operation is unknown or makes no sense.
    """
    from fixloop.fixes.apply import parse_operations
    from fixloop.fixes.operations.example import AddExample

    own = {hint.target}
    for operation in parse_operations(hint.operations):
        if isinstance(operation, AddExample):
            own.add(f"text:{text_digest(operation.text)}")
            continue
        path, _, key = operation.target(workspace).partition("#")
        own.add(path if operation.step == "fetch" or not key else f"{path}#{key}")
        own |= {one for one in operation.paths(workspace) if one != path}
        if operation.step in _ANSWERING:
            own |= {f"leaf:{leaf}" for leaf in operation.leaves(workspace)}
    around = {holder for place in own for holder in _holders(place)}
    return Places(frozenset(own), frozenset(around))


def _holders(place: str) -> Iterable[str]:
    """`a/b.yaml#x.y` is held by `a/b.yaml#x`, `a/b.yaml` and `a/`."""
    path, _, key = place.partition("#")
    if key:
        parts = key.split(".")
        yield path
        yield from (f"{path}#{'.'.join(parts[:end])}" for end in range(1, len(parts)))
    folders = path.split("/")
    yield from ("/".join(folders[:end]) + "/" for end in range(1, len(folders)))


def next_batch(
    hints: Sequence[Hint], workspace: Workspace, alone: frozenset[str] = frozenset()
) -> tuple[list[Hint], list[Hint]]:
    """The fixes to judge together now, and those that wait, both in the given order.

    `alone` names fixes that are never put beside others, such as branches a person has worked on.
    """
    together: list[Hint] = []
    later: list[Hint] = []
    taken = NOWHERE
    for hint in hints:
        places = None if hint.id in alone else _readable_places(hint, workspace)
        if together and (places is None or len(together) >= MOST_TOGETHER or places.meets(taken)):
            later.append(hint)
        elif places is None:
            return [hint], [one for one in hints if one.id != hint.id]
        else:
            together.append(hint)
            taken = taken.joined(places)
    return together, later


def _readable_places(hint: Hint, workspace: Workspace) -> Places | None:
    """None for operations that cannot be read, or that change what decides: they go alone."""
    from fixloop.fixes.apply import parse_operations

    try:
        judging = any(operation.lane == "judge" for operation in parse_operations(hint.operations))
        return None if judging else places_of(hint, workspace)
    except FixloopError:
        return None
