"""Fixes laid on top of one another on a base: one tree to judge, and a layer a fix to commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fixloop.errors import BadInput, FixloopError
from fixloop.hints.ledger import Event
from fixloop.hints.model import Hint
from fixloop.queue.ground import Ground
from fixloop.queue.outcome import Landed, Refused
from fixloop.queue.prepare import has_commits_of_a_person
from fixloop.queue.rebuild import branch_of, conflict_facts, rebuild
from fixloop.workspace.snapshot import Overlay, Snapshot

Edits = Mapping[str, bytes | None]


@dataclass(frozen=True, slots=True)
class Layer:
    """One fix in a stack: its edits on what lies below it, and the base with this fix alone."""

    hint: Hint
    edits: Edits
    alone: Snapshot


@dataclass(frozen=True, slots=True)
class Stack:
    """Layers on a base commit, the tree they make together, and the fixes that could not be laid.

    `head` is the branch of a person who has worked on the only fix of the stack; else the base itself.
    """

    base: str
    head: str
    tree: str
    layers: tuple[Layer, ...]
    left_out: tuple[Refused, ...]

    @property
    def hints(self) -> list[Hint]:
        """The fixes, lowest first."""
        return [layer.hint for layer in self.layers]


def worked_on(ground: Ground, hints: Sequence[Hint]) -> frozenset[str]:
    """The ids of hints whose branch holds commits of a person: such a branch is merged, and goes alone."""
    present = ground.repo.branches("refs/heads/fixloop/fix/")
    standing = [(hint, present.get(branch_of(hint.id))) for hint in hints]
    return frozenset(
        hint.id for hint, head in standing if head and has_commits_of_a_person(ground, hint, head)
    )


def build_stack(ground: Ground, base: str, hints: Sequence[Hint], persons: frozenset[str]) -> Stack:
    """The hints' operations on the newest base, each on top of those before it.

    A hint whose operations no longer fit, or that the base has already, is left out, and that is recorded.
    """
    if len(hints) == 1 and hints[0].id in persons:
        return _merged_by_hand(ground, base, hints[0])
    snapshot = ground.tree(base)
    together: dict[str, bytes | None] = {}
    layers: list[Layer] = []
    left_out: list[tuple[Refused, Event]] = []
    for hint in hints:
        try:
            edits = rebuild(Overlay(snapshot, together), hint)
        except FixloopError as error:
            left_out.append(_conflict(ground, base, hint, error))
            continue
        if edits:
            # A file that a fix below has edited too is edited again on the base, for this fix alone.
            own = edits if together.keys().isdisjoint(edits) else rebuild(snapshot, hint)
            layers.append(Layer(hint, edits, Overlay(snapshot, own)))
            together |= edits
        else:
            left_out.append(_already(ground, base, hint))
    _record(ground, left_out)
    tree = ground.repo.tree_of(base)
    tree = ground.repo.write_tree(tree, together) if together else tree
    return Stack(base, base, tree, tuple(layers), tuple(refused for refused, _ in left_out))


def _merged_by_hand(ground: Ground, base: str, hint: Hint) -> Stack:
    """A branch that a person has worked on is kept as it is: what lands is its merge with the base."""
    head = ground.repo.resolve(branch_of(hint.id)) or base
    merged = ground.repo.merge(base, head)
    before = ground.repo.tree_of(base)
    if merged.conflicts:
        found = _conflict(
            ground, base, hint, BadInput(f"the branch conflicts in {', '.join(merged.conflicts)}")
        )
    elif merged.tree == before:
        found = _already(ground, base, hint)
    else:
        layer = Layer(hint, _changes(ground, before, merged.tree), ground.tree(merged.tree))
        return Stack(base, head, merged.tree, (layer,), ())
    _record(ground, [found])
    return Stack(base, head, before, (), (found[0],))


def _changes(ground: Ground, before: str, after: str) -> dict[str, bytes | None]:
    changed = {path: entry for path, (_, entry) in ground.repo.changed_paths(before, after).items()}
    blobs = ground.repo.read_blobs(
        entry.oid for entry in changed.values() if entry and entry.mode.startswith("100")
    )
    return {path: blobs.get(entry.oid) if entry else None for path, entry in changed.items()}


def landed_stack(ground: Ground, base: str, fixes: Sequence[Landed]) -> Stack:
    """Commits that landed together, as the stack they were judged as."""
    layers: list[Layer] = []
    below = ground.repo.tree_of(base)
    for one in fixes:
        tree = ground.repo.tree_of(one.commit)
        hint, edits = ground.book.hints[one.id], _changes(ground, below, tree)
        layers.append(
            Layer(hint, edits, Overlay(ground.tree(base), _alone(ground, base, below, hint, edits)))
        )
        below = tree
    return Stack(base, base, below, tuple(layers), ())


def _alone(ground: Ground, base: str, below: str, hint: Hint, edits: Edits) -> Edits:
    """What a commit does, done on the base; a commit that does more than its hint is taken as it is."""
    try:
        own = rebuild(ground.tree(below), hint) == edits
        return rebuild(ground.tree(base), hint) if own else edits
    except FixloopError:
        return edits


def _conflict(ground: Ground, base: str, hint: Hint, error: FixloopError) -> tuple[Refused, Event]:
    event = ground.event("conflict", hint, base=base, data=conflict_facts(error))
    return Refused(hint.id, "conflict", error.message), event


def _already(ground: Ground, base: str, hint: Hint) -> tuple[Refused, Event]:
    refused = Refused(hint.id, "already_fixed", "the base has it already")
    return refused, ground.event("already_fixed", hint, base=base)


def _record(ground: Ground, left_out: Sequence[tuple[Refused, Event]]) -> None:
    if left_out:
        names = ", ".join(refused.id for refused, _ in left_out)
        ground.record([event for _, event in left_out], f"not rebuilt: {names}")
