"""`apply`: approved hints onto branches of their own, without touching anybody's tree."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.queue.ground import called, commit_of, target_branch
from fixloop.queue.order import landing_order
from fixloop.queue.prepare import APPLICABLE, Prepared, prepare


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """Hints on their branches, and those that could not be put on one."""

    prepared: Prepared
    onto: str = "HEAD"

    def to_json(self) -> dict[str, Any]:
        """`apply --json`."""
        return {
            "applied": [{"id": a.id, "branch": a.branch, "commit": a.commit} for a in self.prepared.applied],
            "conflicts": [
                {"id": f.id, "detail": f.detail, **({"conflict": dict(f.facts)} if f.facts else {})}
                for f in self.prepared.failed
            ],
            "waiting": [{"id": one, "detail": self.no_branch_free} for one in self.prepared.waiting],
        }

    @property
    def no_branch_free(self) -> str:
        """Why some hints wait."""
        return f"no branch is free: policy.max_open_fixes is {self.prepared.limit}"


def apply(desk: Desk, ids: Sequence[str], approved: bool = False, onto: str | None = None) -> ApplyResult:
    """Put hints (or all approved ones) on `fixloop/fix/<id>`, on top of the newest base.

    Where policy leaves fewer branches than there are hints, those that land first go first.
    """
    ground = desk.ground()
    book = ground.book
    hints = landing_order(book.with_status(*APPLICABLE)) if approved else [book.find(one) for one in ids]
    target = target_branch(desk.repo, onto)
    prepared = prepare(ground, hints, commit_of(desk.repo, target)) if hints else Prepared((), ())
    return ApplyResult(prepared, called(desk.repo, target))
