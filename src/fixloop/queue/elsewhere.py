"""A merged fix that is not on the branch that is asked about: where it landed, and what brings it over."""

from collections.abc import Sequence
from dataclasses import dataclass

from fixloop.errors import FixloopError
from fixloop.hints.ledger import in_order
from fixloop.hints.model import Hint
from fixloop.queue.ground import Ground, commit_of
from fixloop.queue.move import LANDING
from fixloop.queue.rebuild import rebuild

HAS_LANDED = frozenset({"merged", "recurred"})
"""Statuses of a hint that is on the branch it landed on."""


@dataclass(frozen=True, slots=True)
class Landing:
    """The branch (its full name, "" where nobody wrote it down) and the commit a fix landed as."""

    branch: str
    commit: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where a fix landed (`branch` may be ""), the branch that lacks it, and the command that brings it."""

    branch: str
    commit: str
    target: str
    bring: str

    @property
    def told(self) -> str:
        """In words."""
        where = f" on {self.branch}" if self.branch not in ("", self.target) else ""
        return f"landed{where} as {self.commit[:12]}, which is not on {self.target}"


def landings_of(ground: Ground) -> dict[str, Landing]:
    """Every hint that has landed, by id, with its last landing; oldest first."""
    branches: dict[tuple[str, str], str] = {}
    found: dict[str, Landing] = {}
    for event in in_order(ground.book.events):
        if event.event == LANDING:
            branches |= {(one["id"], one["commit"]): event.data["target"] for one in event.data["fixes"]}
        elif event.event == "merged":
            commit = str(event.data.get("commit", ""))
            found.pop(event.hint, None)
            found[event.hint] = Landing(branches.get((event.hint, commit), ""), commit)
    return found


def elsewhere(ground: Ground, hint: Hint, target: str) -> Elsewhere | None:
    """Where a fix landed, if not on this branch; None too where the branch has by now what it changes."""
    landed = landings_of(ground).get(hint.id)
    if landed is None or ground.book.status(hint.id) not in HAS_LANDED:
        return None
    return _elsewhere(ground, hint, landed, target)


def left_elsewhere(ground: Ground, target: str) -> list[Elsewhere]:
    """Merged fixes that this branch lacks, of other branches that are still there; oldest first.

    A branch whose last landing is here has brought all of its fixes, so git is asked once of each.
    """
    book = ground.book
    found = {key: one for key, one in landings_of(ground).items() if book.status(key) in HAS_LANDED}
    last = {one.branch: one for one in found.values() if one.branch not in ("", target)}
    standing = {branch: one for branch, one in last.items() if ground.repo.resolve(branch) is not None}
    behind = [branch for branch, one in standing.items() if not is_on(ground, one.commit, target)]
    waiting = [(book.hints[key], one) for key, one in found.items() if one.branch in behind]
    told = (_elsewhere(ground, hint, one, target) for hint, one in waiting)
    return [one for one in told if one is not None]


def is_on(ground: Ground, commit: str, target: str) -> bool:
    """Whether a branch has a commit."""
    known = bool(commit) and ground.repo.resolve(commit) is not None
    return known and ground.repo.merge_base(commit, commit_of(ground.repo, target)) == commit


def _elsewhere(ground: Ground, hint: Hint, landed: Landing, target: str) -> Elsewhere | None:
    if is_on(ground, landed.commit, target) or _is_there(ground, hint, target):
        return None
    return Elsewhere(_short(landed.branch), landed.commit, _short(target), _bring(ground, landed, target))


def _is_there(ground: Ground, hint: Hint, target: str) -> bool:
    """Whether a branch has what a fix changes, by another commit: picked, or squashed."""
    try:
        return not rebuild(ground.tree(commit_of(ground.repo, target)), hint)
    except FixloopError:
        return False


def _bring(ground: Ground, landed: Landing, target: str) -> str:
    """The command that merges the branch it landed on, or the commit where that branch is gone."""
    repo = ground.repo
    if repo.resolve(landed.commit) is None:
        return "git fetch --all"
    stands = landed.branch not in ("", target) and repo.resolve(landed.branch) is not None
    stands = stands and is_on(ground, landed.commit, landed.branch)
    merge = f"git merge {_short(landed.branch) if stands else landed.commit[:12]}"
    return merge if repo.head_branch() == target else f"git switch {_short(target)} && {merge}"


def told_by_branch(found: Sequence[Elsewhere]) -> str:
    """How many fixes are on which branch and not here, and what brings them; "" where there are none."""
    parts = []
    for name in dict.fromkeys(one.branch for one in found):
        some = [one for one in found if one.branch == name]
        many = "1 merged fix is" if len(some) == 1 else f"{len(some)} merged fixes are"
        parts.append(f"{many} on {name} and not on {some[-1].target}: {some[-1].bring}")
    return "; ".join(parts)


def _short(ref: str) -> str:
    return ref.removeprefix("refs/heads/")
