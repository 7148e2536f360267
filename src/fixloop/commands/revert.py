"""`revert`: a merged fix taken back, by a person, with the cases it brought."""

from dataclasses import dataclass
from typing import Any

from fixloop.commands.decide import Why
from fixloop.commands.desk import Desk
from fixloop.errors import BadInput, RefMoved
from fixloop.hints.model import Hint
from fixloop.queue.ground import called, target_branch
from fixloop.queue.undo import REVERTED, Reverted
from fixloop.queue.undo import revert as take_back


@dataclass(frozen=True, slots=True)
class RevertResult:
    """The hint, and what was done; None where it had been taken back before."""

    hint: Hint
    done: Reverted | None
    onto: str = "HEAD"

    def to_json(self) -> dict[str, Any]:
        """`revert --json`."""
        done = self.done
        if done is None:
            return {
                "id": self.hint.id,
                "status": REVERTED,
                "commits": [],
                "undone": None,
                "cases": [],
                "failed": [],
            }
        return {
            "id": self.hint.id,
            "status": REVERTED,
            "commits": list(done.commits),
            "undone": done.undone,
            "cases": list(done.cases),
            "failed": [check.to_json() for check in done.failed],
        }


def revert(
    desk: Desk, hint_id: str, why: Why, who: str | None = None, onto: str | None = None
) -> RevertResult:
    """Take a merged fix back; the idea counts as rejected until its support has doubled.

    Raises:
        BadInput: it is not merged, or cannot be taken back; nothing has moved.
        EnvironmentLacks: nobody is named and git knows nobody.
        AnotherRunHoldsTheLock: a run that writes is under way.
    """
    person = desk.person(who)
    target = target_branch(desk.repo, onto)
    with desk.lock():
        ground = desk.ground(person)
        hint = ground.book.find(hint_id)
        if ground.book.status(hint.id) == REVERTED:
            return RevertResult(hint, None)
        desk.progress(f"judging {target.removeprefix('refs/heads/')} without {hint.id}")
        try:
            done = take_back(ground, hint, target, why.to_json())
            return RevertResult(hint, done, called(desk.repo, target))
        except RefMoved as error:
            raise BadInput(f"{target} moved meanwhile", mend=f"fixloop revert {hint.id}") from error
