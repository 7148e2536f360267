"""`merge`: approved fixes onto the branch, in batches, each a commit, gated on exactly what lands."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.errors import BadInput
from fixloop.gate.overrides import read_allowance, read_overrides
from fixloop.queue.ground import Ground, called, target_branch
from fixloop.queue.land import land_all
from fixloop.queue.outcome import Landed, Refused
from fixloop.queue.prepare import APPLICABLE


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What landed and what was refused, in the order it was tried."""

    merged: tuple[Landed, ...]
    refused: tuple[Refused, ...]
    onto: str = "HEAD"

    def to_json(self) -> dict[str, Any]:
        """`merge --json`."""
        return {
            "merged": [
                {"id": m.id, "commit": m.commit, "tree": m.tree, "judged": m.judged} for m in self.merged
            ],
            "refused": [{"id": r.id, "check": r.check, "detail": r.detail} for r in self.refused],
        }


@dataclass(frozen=True, slots=True)
class Word:
    """A person's word on what lands: `allow` judge, `override` checks, and `why`."""

    allow: str | None = None
    override: tuple[str, ...] = ()
    why: str = ""


def merge(
    desk: Desk,
    ids: Sequence[str],
    passing: bool = False,
    into: str | None = None,
    who: str | None = None,
    heldout: str | None = None,
    word: Word | None = None,
) -> MergeResult:
    """Land hints (or every approved one that passes) on a branch; each is rebuilt on the newest base.

    Raises:
        AnotherRunHoldsTheLock: a run that writes is under way.
    """
    target = target_branch(desk.repo, into)
    with desk.lock():
        # Read under the lock: what another run has landed meanwhile is not approved any more.
        ground = _grounded(desk, who, heldout, word or Word(), passing)
        book = ground.book
        named = {hint.id: hint for hint in (book.find(one) for one in ids)}
        hints = book.with_status(*APPLICABLE) if passing else list(named.values())
        done = land_all(ground, hints, target, desk.progress)
    return MergeResult(tuple(done.landed), tuple(done.refused), called(desk.repo, target))


def _grounded(desk: Desk, who: str | None, heldout: str | None, word: Word, passing: bool) -> Ground:
    """The ground of a run that asks the held-out set; where a person overrules, it must be known who.

    Raises:
        BadInput: an override that is none, has no reason, or would be one for whatever passes.
        EnvironmentLacks: nobody is named and git knows nobody.
    """
    allowed = read_allowance(word.allow, word.why)
    overrides = read_overrides(word.override, word.why)
    if passing and (allowed or overrides):
        raise BadInput("an override is for hints that are named, not for all", mend="name them: ID…")
    person = desk.person(who) if allowed or overrides else who
    ground = desk.ground(person, desk.held_out(heldout))
    return replace(ground, overrides=overrides, allow_judge=allowed)
