"""What hints are weighed in, gathered from outside: history, measured strengths, what cases ask about."""

import json
from collections.abc import Iterable, Mapping, Sequence

from fixloop.commands.desk import Desk
from fixloop.errors import FixloopError
from fixloop.hints.ledger import Event, in_order
from fixloop.hints.model import Hint
from fixloop.propose.offer.stakes import Stakes, Surroundings, places_asked, stakes_of
from fixloop.queue.ground import commit_of, target_branch
from fixloop.workspace.code import code_digest
from fixloop.workspace.model import Workspace
from fixloop.workspace.snapshot import GOVERNED, TreeSnapshot
from fixloop.workspace.stored import load_stored

RECENT = 50
"""Commits along first parents that churn is counted in."""

GUARDED = "guarded"
"""The event of measured guard strengths: leaf to strength in its data."""

_KIND = "places-asked"


def surroundings_of(desk: Desk, base: str) -> Surroundings | None:
    """What hints are weighed in on a base; None where that holds no workspace that can be read."""
    snapshot = desk.tree(base)
    try:
        workspace = load_stored(snapshot, desk.cache)
        asked = _places_asked(desk, snapshot, workspace, base)
    except FixloopError:
        return None
    changes = desk.repo.changes(base, RECENT, GOVERNED)
    return Surroundings(workspace, changes, strengths_of(desk.ground().book.events), asked)


def weighed(desk: Desk, hints: Iterable[Hint], onto: str | None = None) -> dict[str, Stakes]:
    """What stands at stake with each hint, by id, on the branch fixes go to; none where it is unreadable."""
    found = list(hints)
    if not found:
        return {}
    try:
        base = commit_of(desk.repo, target_branch(desk.repo, onto))
    except FixloopError:
        return {}
    around = surroundings_of(desk, base)
    return {hint.id: stakes_of(hint, around) for hint in found} if around else {}


def strengths_of(events: Sequence[Event]) -> dict[str, float]:
    """The guard strength of each leaf that was measured, the last measure of each."""
    strengths: dict[str, float] = {}
    for event in in_order([one for one in events if one.event == GUARDED]):
        strengths |= event.data["strengths"]
    return strengths


def _places_asked(
    desk: Desk, snapshot: TreeSnapshot, workspace: Workspace, base: str
) -> Mapping[str, tuple[int, int]]:
    """Of each leaf's places, how many cases ask about: kept by tree, for cases may be many."""
    from fixloop.evals.cases import load_cases

    key = f"{code_digest('evals', 'propose', 'workspace')}-{desk.repo.tree_of(base)}"
    known = _kept(desk.cache.load(_KIND, key))
    if known is None:
        known = places_asked(workspace, load_cases(snapshot, cache=desk.cache))
        desk.cache.save(_KIND, key, json.dumps(known).encode())
    return known


def _kept(data: bytes | None) -> dict[str, tuple[int, int]] | None:
    """As it was saved; a damaged entry counts as absent."""
    try:
        found = json.loads(data or b"")
        return {str(leaf): (int(asked), int(places)) for leaf, (asked, places) in found.items()}
    except (ValueError, TypeError, AttributeError):
        return None
