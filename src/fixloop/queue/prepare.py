"""Approved hints become branches: one commit each, built from objects, all in one go, and not too many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fixloop.errors import BadInput, FixloopError
from fixloop.hints.model import Hint, instead_of_applying
from fixloop.ports.git import NO_OBJECT, NewCommit
from fixloop.queue.ground import Ground
from fixloop.queue.rebuild import branch_of, commit_message, conflict_facts, hint_of, rebuild
from fixloop.workspace.invalid import WorkspaceInvalid
from fixloop.workspace.model import Policy
from fixloop.workspace.snapshot import Snapshot
from fixloop.workspace.stored import load_stored


@dataclass(frozen=True, slots=True)
class Applied:
    """A hint on its branch."""

    id: str
    branch: str
    commit: str


@dataclass(frozen=True, slots=True)
class NotApplied:
    """A hint on no branch: a precondition failed (`conflict`), or the base has it (`already_fixed`).

    `facts` are those of the conflict: operation, where, expected, found.
    """

    id: str
    event: str
    detail: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of some hints; `waiting` are those for which no branch was free, of at most `limit`."""

    applied: tuple[Applied, ...]
    failed: tuple[NotApplied, ...]
    waiting: tuple[str, ...] = ()
    limit: int = 0


APPLICABLE = frozenset({"approved", "applied", "stale", "failed"})


def prepare(ground: Ground, hints: Sequence[Hint], base: str) -> Prepared:
    """Put each hint on `fixloop/fix/<id>` on top of a base commit, and record it.

    A branch that stands on this base already is left alone; one that only fixloop wrote is built anew (it was
    stale, which is recorded too); one with a person's commits is never overwritten. No more branches are open
    at a time than the base's `policy.max_open_fixes`: the hints beyond wait, in the given order.

    Raises:
        BadInput: a hint is not approved.
    """
    for hint in hints:
        _must_be_approved(ground, hint)
    snapshot = ground.tree(base)
    limit = _limit(ground, snapshot)
    present = ground.repo.branches("refs/heads/fixloop/fix/")
    free = limit - _open_branches(ground, present)
    work = _Work()
    for hint in hints:
        branch = branch_of(hint.id)
        standing = present.get(branch)
        if standing and (
            is_built_on(ground, standing, base) or has_commits_of_a_person(ground, hint, standing)
        ):
            work.done.append(Applied(hint.id, branch.removeprefix("refs/heads/"), standing))
            continue
        if not standing and free <= 0:
            work.waiting.append(hint.id)
            continue
        found = _rebuilt(snapshot, hint)
        if isinstance(found, NotApplied):
            work.failed.append(found)
            continue
        free -= not standing
        new = NewCommit(branch, base, found, commit_message(hint), standing or NO_OBJECT)
        work.wanted.append((hint, new))
    made = _commit(ground, work.wanted)
    _record(ground, base, made, work.failed, frozenset(present))
    return Prepared((*work.done, *made), tuple(work.failed), tuple(work.waiting), limit)


@dataclass(slots=True)
class _Work:
    """What `prepare` has found to do."""

    wanted: list[tuple[Hint, NewCommit]] = field(default_factory=list)
    done: list[Applied] = field(default_factory=list)
    failed: list[NotApplied] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


def _limit(ground: Ground, base: Snapshot) -> int:
    """How many fix branches the base's policy wants open at a time."""
    try:
        return load_stored(base, ground.cache).config.policy.max_open_fixes
    except WorkspaceInvalid:
        return Policy().max_open_fixes


def _open_branches(ground: Ground, present: Mapping[str, str]) -> int:
    """Fix branches whose hint still waits for its merge."""
    ids = [key for branch in present if (key := hint_of(branch)) in ground.book.hints]
    return sum(1 for key in ids if key and ground.book.is_open(key))


def _rebuilt(snapshot: Snapshot, hint: Hint) -> dict[str, bytes | None] | NotApplied:
    try:
        edits = rebuild(snapshot, hint)
    except FixloopError as error:
        return NotApplied(hint.id, "conflict", error.message, conflict_facts(error))
    return edits or NotApplied(hint.id, "already_fixed", "the base has it already")


def _commit(ground: Ground, wanted: Sequence[tuple[Hint, NewCommit]]) -> list[Applied]:
    commits = ground.repo.commit([commit for _, commit in wanted]) if wanted else []
    return [
        Applied(hint.id, commit.branch.removeprefix("refs/heads/"), oid)
        for (hint, commit), oid in zip(wanted, commits, strict=True)
    ]


def _must_be_approved(ground: Ground, hint: Hint) -> None:
    state = ground.book.states.get(hint.id)
    status = ground.book.status(hint.id)
    if hint.question is not None:
        raise BadInput(
            f"{hint.id} is a question", mend=f"fixloop answer {hint.id} 1 (fixloop show {hint.id})"
        )
    if not hint.operations:
        raise BadInput(f"{hint.id} has nothing to apply", mend=instead_of_applying(hint)[0])
    if status not in APPLICABLE or state is None or state.approved_digest != hint.digest:
        verb = "approve" if ground.book.is_open(hint.id) else "show"
        raise BadInput(f"{hint.id} is {status}, not approved", mend=f"fixloop {verb} {hint.id}")


def is_built_on(ground: Ground, commit: str, base: str) -> bool:
    """Whether a fix branch starts from this very base."""
    return ground.repo.merge_base(base, commit) == base


def has_commits_of_a_person(ground: Ground, hint: Hint, head: str) -> bool:
    """Whether a fix branch is more than what fixloop would build from the hint where it started."""
    parents = ground.repo.history(head, 2)
    if len(parents) < 2:
        return True
    start = parents[1][0]
    try:
        edits = rebuild(ground.tree(start), hint)
    except FixloopError:
        return True
    return ground.repo.write_tree(ground.repo.tree_of(start), edits) != ground.repo.tree_of(head)


def _record(
    ground: Ground,
    base: str,
    made: Sequence[Applied],
    failed: Sequence[NotApplied],
    standing: frozenset[str],
) -> None:
    """A branch that stood on an older base was stale before it was built anew, or found to conflict."""
    hints = ground.book.hints
    stale = [
        key
        for key in (*(one.id for one in made), *(one.id for one in failed))
        if branch_of(key) in standing and ground.book.status(key) != "stale"
    ]
    events = [ground.event("stale", hints[key], base=base) for key in stale]
    events += [
        ground.event("applied", hints[one.id], base=base, data={"branch": one.branch, "commit": one.commit})
        for one in made
    ]
    events += [
        ground.event(one.event, hints[one.id], base=base, data=one.facts or {"detail": one.detail})
        for one in failed
    ]
    if events:
        ground.record(events, f"apply {len(made)} hints")
