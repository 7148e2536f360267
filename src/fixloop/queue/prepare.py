"""Approved hints become branches: one commit each, built from objects, all in one go."""

from collections.abc import Sequence
from dataclasses import dataclass

from fixloop.errors import BadInput, FixloopError
from fixloop.hints.model import Hint
from fixloop.ports.git import NO_OBJECT, NewCommit
from fixloop.queue.ground import Ground
from fixloop.queue.rebuild import branch_of, commit_message, rebuild


@dataclass(frozen=True, slots=True)
class Applied:
    """A hint on its branch."""

    id: str
    branch: str
    commit: str


@dataclass(frozen=True, slots=True)
class NotApplied:
    """A hint on no branch: a precondition failed (`conflict`), or the base has it (`already_fixed`)."""

    id: str
    event: str
    detail: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of some hints."""

    applied: tuple[Applied, ...]
    failed: tuple[NotApplied, ...]


APPLICABLE = frozenset({"approved", "applied", "stale", "failed"})


def prepare(ground: Ground, hints: Sequence[Hint], base: str) -> Prepared:
    """Put each hint on `fixloop/fix/<id>` on top of a base commit, and record it.

    A branch that stands on this base already is left alone; one that only fixloop wrote is built anew; one
    with a person's commits is never overwritten.

    Raises:
        BadInput: a hint is not approved.
    """
    for hint in hints:
        _must_be_approved(ground, hint)
    snapshot = ground.tree(base)
    present = ground.repo.branches("refs/heads/fixloop/fix/")
    wanted: list[tuple[Hint, NewCommit]] = []
    done: list[Applied] = []
    failed: list[NotApplied] = []
    for hint in hints:
        branch = branch_of(hint.id)
        standing = present.get(branch)
        if standing and (
            is_built_on(ground, standing, base) or has_commits_of_a_person(ground, hint, standing)
        ):
            done.append(Applied(hint.id, branch.removeprefix("refs/heads/"), standing))
            continue
        try:
            edits = rebuild(snapshot, hint)
        except FixloopError as error:
            failed.append(NotApplied(hint.id, "conflict", error.message))
            continue
        if not edits:
            failed.append(NotApplied(hint.id, "already_fixed", "the base has it already"))
            continue
        wanted.append((hint, NewCommit(branch, base, edits, commit_message(hint), standing or NO_OBJECT)))
    commits = ground.repo.commit([commit for _, commit in wanted]) if wanted else []
    made = [
        Applied(hint.id, commit.branch.removeprefix("refs/heads/"), oid)
        for (hint, commit), oid in zip(wanted, commits, strict=True)
    ]
    _record(ground, base, made, failed)
    return Prepared((*done, *made), tuple(failed))


def _must_be_approved(ground: Ground, hint: Hint) -> None:
    state = ground.book.states.get(hint.id)
    status = ground.book.status(hint.id)
    if hint.question is not None:
        raise BadInput(
            f"{hint.id} is a question", mend=f"fixloop answer {hint.id} 1 (fixloop show {hint.id})"
        )
    if not hint.operations:
        raise BadInput(f"{hint.id} has nothing to apply", mend=f"fixloop reject {hint.id} --why staff_wrong")
    if status not in APPLICABLE or state is None or state.approved_digest != hint.digest:
        raise BadInput(f"{hint.id} is {status}, not approved", mend=f"fixloop approve {hint.id}")


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


def _record(ground: Ground, base: str, made: Sequence[Applied], failed: Sequence[NotApplied]) -> None:
    hints = ground.book.hints
    events = [
        ground.event("applied", hints[one.id], base=base, data={"branch": one.branch, "commit": one.commit})
        for one in made
    ]
    events += [
        ground.event(one.event, hints[one.id], base=base, data={"detail": one.detail}) for one in failed
    ]
    if events:
        ground.record(events, f"apply {len(made)} hints")
