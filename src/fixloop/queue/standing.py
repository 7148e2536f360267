"""What stands between a hint and its merge: people who have not approved yet, a reason, a branch."""

from collections.abc import Iterable
from dataclasses import dataclass

from fixloop.errors import FixloopError
from fixloop.gate.lanes import is_of_the_judge
from fixloop.gate.reach import approvals_missing
from fixloop.hints.ledger import HintState
from fixloop.hints.model import Hint
from fixloop.queue.ground import Ground, commit_of, target_branch
from fixloop.queue.rebuild import branch_of
from fixloop.workspace.model import Workspace
from fixloop.workspace.stored import load_stored


@dataclass(frozen=True, slots=True)
class Standing:
    """How many `people` must still approve, whether a merge needs a person's `reason`, and has a `branch`."""

    people: int = 0
    reason: bool = False
    branch: bool = False


NOWHERE = Standing()


def standings(ground: Ground, hints: Iterable[Hint], onto: str | None = None) -> dict[str, Standing]:
    """Where each hint stands, by id, on the branch fixes go to."""
    workspace = _workspace(ground, onto)
    states = ground.book.states
    return {
        hint.id: Standing(
            people=_people(hint, states.get(hint.id, HintState()), workspace),
            reason=is_of_the_judge(hint),
            branch=ground.repo.resolve(branch_of(hint.id)) is not None,
        )
        for hint in hints
    }


def _workspace(ground: Ground, onto: str | None) -> Workspace | None:
    """None where there is none that can be read: a merge says so, and a decision is no less one."""
    try:
        base = commit_of(ground.repo, target_branch(ground.repo, onto))
        return load_stored(ground.tree(base), ground.cache)
    except FixloopError:
        return None


def _people(hint: Hint, state: HintState, workspace: Workspace | None) -> int:
    try:
        return approvals_missing(hint, state, workspace) if workspace else 0
    except FixloopError:  # the base has moved on: that is told when it is applied
        return 0
