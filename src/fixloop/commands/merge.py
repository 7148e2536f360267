"""`merge`: approved fixes onto the branch, one by one, each gated on exactly what lands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.queue.ground import target_branch
from fixloop.queue.land import Landed, Refused, land
from fixloop.queue.order import landing_order
from fixloop.queue.prepare import APPLICABLE


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What landed and what was refused, in the order it was tried."""

    merged: tuple[Landed, ...]
    refused: tuple[Refused, ...]

    def to_json(self) -> dict[str, Any]:
        """`merge --json`."""
        return {
            "merged": [{"id": m.id, "commit": m.commit, "tree": m.tree} for m in self.merged],
            "refused": [{"id": r.id, "check": r.check, "detail": r.detail} for r in self.refused],
        }


def merge(
    desk: Desk, ids: Sequence[str], passing: bool = False, into: str | None = None, who: str | None = None
) -> MergeResult:
    """Land hints (or every approved one that passes) on a branch; each is rebuilt on the newest base."""
    ground = desk.ground(who)
    book = ground.book
    hints = landing_order(book.with_status(*APPLICABLE)) if passing else [book.find(one) for one in ids]
    target = target_branch(desk.repo, into)
    results: list[Landed | Refused] = []
    with desk.lock():
        for number, hint in enumerate(hints, 1):
            desk.progress(f"merging {number} of {len(hints)}: {hint.id}")
            results.append(land(ground, hint, target))
    return MergeResult(
        tuple(one for one in results if isinstance(one, Landed)),
        tuple(one for one in results if isinstance(one, Refused)),
    )
