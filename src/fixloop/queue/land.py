"""Landing a fix: rebuilt on the newest base, that exact tree gated, one commit, a compare-and-swap."""

from collections.abc import Sequence
from dataclasses import dataclass

from fixloop.errors import BadInput, FixloopError, RefMoved
from fixloop.gate.judge import judge
from fixloop.gate.verdict import Verdict
from fixloop.hints.model import Hint
from fixloop.ports.git import NO_OBJECT, RefChange, WorkTree
from fixloop.queue.ground import Ground, commit_of
from fixloop.queue.prepare import APPLICABLE, has_commits_of_a_person
from fixloop.queue.rebuild import branch_of, commit_message, rebuild
from fixloop.queue.trial import tree_trial

TRIES = 3
"""How often a moved base is taken as the new base before giving up."""


MERGED_ALREADY = "merged already"


@dataclass(frozen=True, slots=True)
class Landed:
    """A fix on the branch: its commit and the tree that was judged."""

    id: str
    commit: str
    tree: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A fix that did not land: the check that said no, and why."""

    id: str
    check: str
    detail: str

    @property
    def needless(self) -> bool:
        """Whether what it wants is on the branch already."""
        return self.check == "already_fixed" or self.detail == MERGED_ALREADY


def land(ground: Ground, hint: Hint, target: str) -> Landed | Refused:
    """Bring one approved hint onto a branch, gated on what will land."""
    status = ground.book.status(hint.id)
    if status == "merged":
        return Refused(hint.id, "status", MERGED_ALREADY)
    state = ground.book.states.get(hint.id)
    if status not in APPLICABLE or state is None or state.approved_digest != hint.digest:
        return Refused(hint.id, "status", f"{status}, not approved")
    for _ in range(TRIES):
        try:
            return _land_once(ground, hint, target)
        except RefMoved:
            continue
    return Refused(hint.id, "race", f"{target} kept moving; try again")


def _land_once(ground: Ground, hint: Hint, target: str) -> Landed | Refused:
    base = commit_of(ground.repo, target)
    standing = ground.repo.resolve(branch_of(hint.id))
    try:
        tree = _tree_to_land(ground, hint, base, standing)
    except FixloopError as error:
        ground.record(
            [ground.event("conflict", hint, base=base, data={"detail": error.message})], f"conflict {hint.id}"
        )
        return Refused(hint.id, "conflict", error.message)
    if tree == ground.repo.tree_of(base):
        ground.record([ground.event("already_fixed", hint, base=base)], f"already fixed {hint.id}")
        return Refused(hint.id, "already_fixed", "the base has it already")
    verdict = judge(tree_trial(ground, base, standing or base, tree, hint))
    if not verdict.passed:
        return _refuse(ground, hint, verdict)
    return _move(ground, hint, target, base, tree, standing, verdict)


def _tree_to_land(ground: Ground, hint: Hint, base: str, standing: str | None) -> str:
    """The operations on the newest base; where a person has committed to the fix branch, the merge with it.

    Raises:
        FixloopError: a precondition failed, or the person's branch conflicts.
    """
    if standing and has_commits_of_a_person(ground, hint, standing):
        merged = ground.repo.merge(base, standing)
        if merged.conflicts:
            raise BadInput(f"the branch conflicts in {', '.join(merged.conflicts)}")
        return merged.tree
    return ground.repo.write_tree(ground.repo.tree_of(base), rebuild(ground.tree(base), hint))


def _refuse(ground: Ground, hint: Hint, verdict: Verdict) -> Refused:
    first = verdict.failures[0]
    events = [
        ground.event(
            "failed",
            hint,
            base=verdict.base,
            tree=verdict.tree,
            data={"check": first.id, "detail": first.detail},
        )
    ]
    ground.record(events, f"gate fails {hint.id}: {first.id}", verdicts=[verdict])
    return Refused(hint.id, first.id, first.detail)


def _move(
    ground: Ground, hint: Hint, target: str, base: str, tree: str, standing: str | None, verdict: Verdict
) -> Landed | Refused:
    commit = ground.repo.commit_tree(tree, [base], commit_message(hint))
    checkouts = [one for one in ground.repo.work_trees() if one.branch == target]
    blocked = sorted({path for one in checkouts for path in ground.repo.blocked_paths(one, base, commit)})
    if blocked:
        detail = f"local changes are in the way: {', '.join(blocked)}; commit or stash them, then merge again"
        return Refused(hint.id, "checkout", detail)
    # The verdict is on record before the ref moves: a hook recognises a move of ours by it.
    ground.record([], f"verdict on {hint.id}", verdicts=[verdict])
    move_branch(ground, target, base, commit, checkouts)
    events = [ground.event("merged", hint, base=base, tree=tree, digest=hint.digest, data={"commit": commit})]
    ground.record(events, f"merge {hint.id}")
    if standing and not has_commits_of_a_person(ground, hint, standing):
        ground.repo.move_refs([RefChange(branch_of(hint.id), standing, NO_OBJECT)])
    return Landed(hint.id, commit, tree)


def move_branch(ground: Ground, target: str, old: str, new: str, checkouts: Sequence[WorkTree]) -> None:
    """Move a branch together with its checkouts: files first, then the ref; files go back if the ref moved.

    Killed in between, the fix stands staged in the checkout and the ref where it was: the next run finds
    nothing in its way and finishes.

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
