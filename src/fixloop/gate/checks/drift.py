"""Stored tickets keep their proposals, but for the moves the hint declared."""

from fixloop.feedback.replays import distinct_tickets, place_of, replay_all
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, SKIP, Check

ALWAYS_ALLOWED = 3


def check(trial: Trial) -> Check:
    """Moves outside the declaration, against max(3, max_drift of all stored tickets)."""
    stored = distinct_tickets(trial.stored)
    if not stored:
        return Check("drift", SKIP, "no stored tickets yet")
    before, after = replay_all(trial.base.pipeline, stored), replay_all(trial.result.pipeline, stored)
    moved = {
        key: (place_of(before[key]), place_of(after[key]))
        for key in after
        if before[key].outcome != after[key].outcome
    }
    declared = {key for key, (source, target) in moved.items() if _declared(trial, source, target)}
    allowance = trial.hint.moves.at_most if trial.hint else 0
    undeclared = sorted(moved.keys() - declared)
    surplus = max(0, len(declared) - allowance)
    limit = max(ALWAYS_ALLOWED, trial.base.workspace.config.gate.max_drift * len(stored))
    other = len(undeclared) + surplus
    detail = f"{len(declared) - surplus} declared moves, {other} other, of {len(stored)} stored tickets"
    if other > limit:
        shown = tuple(f"{key}: {moved[key][0]} → {moved[key][1]}" for key in undeclared[:10])
        return Check("drift", FAIL, f"{detail}; at most {limit:g} others may move", shown)
    return Check("drift", PASS, detail)


def _declared(trial: Trial, source: str, target: str) -> bool:
    moves = trial.hint.moves if trial.hint else None
    return moves is not None and source in moves.from_ and target in moves.to
