"""A judged stack onto the branch: a commit a fix, one move of the ref, and the record before and after.

The order is what makes a kill harmless: objects nobody points at, then the verdict and what is about to
happen, then the checkouts, then the ref, then what has happened. A run that finds the record's last landing
unfinished finishes it, or takes it back, before it does anything else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fixloop.gate.verdict import Verdict
from fixloop.hints.ledger import Event, in_order
from fixloop.ports.git import NO_OBJECT, RefChange, WorkTree
from fixloop.queue.ground import Ground
from fixloop.queue.outcome import Landed
from fixloop.queue.prepare import has_commits_of_a_person
from fixloop.queue.rebuild import branch_of, commit_message
from fixloop.queue.stack import Stack

LANDING = "landing"
"""The event before a move: which fixes, as which commits, onto which branch."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """Local changes in a checkout of the branch stand where the fixes would write; nothing has moved."""

    paths: tuple[str, ...]


def move_stack(ground: Ground, target: str, stack: Stack, verdict: Verdict) -> tuple[Landed, ...] | Blocked:
    """Commit each layer, move the branch to the last, record it, and clear the fix branches away.

    Raises:
        RefMoved: the branch was not at the stack's base; nothing has moved.
    """
    landing = tuple(_chain(ground, stack))
    tip = landing[-1].commit
    checkouts = checkouts_of(ground, target)
    blocked = {path for one in checkouts for path in ground.repo.blocked_paths(one, stack.base, tip)}
    if blocked:
        return Blocked(tuple(sorted(blocked)))
    digests = {hint.id: hint.digest for hint in stack.hints}
    moved = {"leaves": verdict.shift.to_json()} if verdict.shift.moves else {}
    facts = {"target": target, "fixes": _facts(landing, digests), **moved}
    announced = ground.event(LANDING, base=stack.base, tree=stack.tree, data=facts)
    # The verdict is on record before the ref moves: a hook recognises a move of ours by it.
    overruled = ground.overruled(verdict, stack.hints[0] if len(landing) == 1 else None)
    before = [*overruled, announced]
    ground.record(before, f"landing {len(landing)} on {_short(target)}", verdicts=[verdict])
    move_branch(ground, target, stack.base, tip, checkouts)
    _record_merged(ground, announced, landing)
    return landing


def _chain(ground: Ground, stack: Stack) -> Iterable[Landed]:
    """A commit a layer, each on the one below; the last has exactly the tree that was judged."""
    parent, tree = stack.base, ground.repo.tree_of(stack.base)
    for layer in stack.layers:
        last = layer is stack.layers[-1]
        tree = stack.tree if last else ground.repo.write_tree(tree, layer.edits)
        parent = ground.repo.commit_tree(tree, [parent], commit_message(layer.hint))
        yield Landed(layer.hint.id, parent, tree, stack.tree)


def _facts(landing: Sequence[Landed], digests: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"id": one.id, "digest": digests[one.id], "commit": one.commit, "tree": one.tree} for one in landing
    ]


def checkouts_of(ground: Ground, target: str) -> list[WorkTree]:
    """Every checkout that has this branch out."""
    return [one for one in ground.repo.work_trees() if one.branch == target]


def _record_merged(ground: Ground, announced: Event, landing: Sequence[Landed]) -> None:
    bases = [announced.base, *(one.commit for one in landing)]
    facts = {one["id"]: one for one in announced.data["fixes"]}
    hints = ground.book.hints
    events = [
        ground.event(
            "merged",
            hints[one.id],
            base=base,
            tree=one.tree,
            digest=facts[one.id]["digest"],
            data={"commit": one.commit, "judged": one.judged, "together": len(facts)},
        )
        for base, one in zip(bases, landing, strict=False)
    ]
    ground.record(events, f"merge {', '.join(one.id for one in landing)}")
    clear_branches(ground, [one.id for one in landing])


def clear_branches(ground: Ground, ids: Iterable[str]) -> None:
    """Remove the branches of fixes that have landed, but for those a person has worked on."""
    present = ground.repo.branches("refs/heads/fixloop/fix/")
    hints = ground.book.hints
    standing = [(hints[key], present[branch_of(key)]) for key in ids if branch_of(key) in present]
    gone = [
        RefChange(branch_of(hint.id), head, NO_OBJECT)
        for hint, head in standing
        if not has_commits_of_a_person(ground, hint, head)
    ]
    if gone:
        ground.repo.move_refs(gone)


def move_branch(ground: Ground, target: str, old: str, new: str, checkouts: Sequence[WorkTree]) -> None:
    """Move a branch together with its checkouts: files first, then the ref; files go back if the ref moved.

    Raises:
        RefMoved: the branch was not at `old`; the checkouts are as they were.
        BadInput: a checkout is in use; nothing has moved.
    """
    carried: list[WorkTree] = []
    try:
        for one in checkouts:
            ground.repo.carry_checkout(one, old, new)
            carried.append(one)
        ground.repo.move_refs([RefChange(target, old, new)])
    except BaseException:
        # Ctrl-C included: a checkout must not show what its branch does not have.
        for one in carried:
            ground.repo.carry_checkout(one, new, old)
        raise


# --- after a kill ---------------------------------------------------------------------------------------


def finish_interrupted(ground: Ground, target: str) -> tuple[Landed, ...]:
    """What the last landing on a branch left undone: finished, or taken back; usually nothing."""
    announced = _last_landing(ground, target)
    if announced is None:
        return ()
    fixes: Sequence[Mapping[str, Any]] = announced.data["fixes"]
    told = {(one.hint, one.data.get("commit")) for one in ground.book.events if one.event == "merged"}
    tip, now = fixes[-1]["commit"], ground.repo.resolve(target)
    if all((one["id"], one["commit"]) in told for one in fixes):
        clear_branches(ground, [one["id"] for one in fixes if ground.book.status(one["id"]) == "merged"])
        return ()
    if now is None or ground.repo.resolve(tip) is None:
        return ()
    if ground.repo.merge_base(tip, now) == tip:
        return _tell_merged(ground, announced)
    if now == announced.base:
        return _again(ground, target, announced, tip)
    return ()


def _again(ground: Ground, target: str, announced: Event, tip: str) -> tuple[Landed, ...]:
    """The ref has not moved; the checkouts may have. Go on where approvals hold, else take them back."""
    checkouts = checkouts_of(ground, target)
    old = announced.base
    if any(ground.repo.blocked_paths(one, old, tip) for one in checkouts):
        return ()
    if not all(_still_approved(ground, one) for one in announced.data["fixes"]):
        for one in checkouts:
            ground.repo.carry_checkout(one, tip, old)
        return ()
    move_branch(ground, target, old, tip, checkouts)
    return _tell_merged(ground, announced)


def _tell_merged(ground: Ground, announced: Event) -> tuple[Landed, ...]:
    (landing,) = landings([announced]).values()
    _record_merged(ground, announced, landing)
    return landing


def _still_approved(ground: Ground, fix: Mapping[str, Any]) -> bool:
    state = ground.book.states.get(fix["id"])
    return state is not None and state.approved_digest == fix["digest"] and ground.book.is_open(fix["id"])


def _last_landing(ground: Ground, target: str) -> Event | None:
    """The newest event of its kind: under the lock runs follow one another, so only it can be undone."""
    wanted = [
        event for event in ground.book.events if event.event == LANDING and event.data["target"] == target
    ]
    if len(wanted) < 2:
        return wanted[0] if wanted else None
    return next(event for event in reversed(in_order(ground.book.events)) if event in wanted)


def landings(events: Iterable[Event]) -> dict[tuple[str, str], tuple[Landed, ...]]:
    """What landed together, by the commit below it and its last one."""
    found = {}
    for event in events:
        if event.event == LANDING:
            fixes = tuple(
                Landed(one["id"], one["commit"], one["tree"], event.tree) for one in event.data["fixes"]
            )
            found[event.base, fixes[-1].commit] = fixes
    return found


def _short(ref: str) -> str:
    return ref.removeprefix("refs/heads/")
