"""Stored tickets keep their proposals, but for declared moves; what many fixes move together is told."""

from fixloop.feedback.replays import place_of
from fixloop.gate.divergence import REVIEW_AT, WINDOW, accumulated
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, SKIP, Check

ALWAYS_ALLOWED = 3


def check(trial: Trial) -> Check:
    """Moves outside the declaration, against max(3, max_drift of all stored tickets)."""
    before, after = trial.replays
    if not before:
        return Check("drift", SKIP, "no stored tickets yet")
    moved = {key: (place_of(before[key]), place_of(after[key])) for key in after if before[key] != after[key]}
    declared = {key for key, (source, target) in moved.items() if _declared(trial, source, target)}
    allowance = sum(hint.moves.at_most for hint in trial.fixes)
    undeclared = sorted(moved.keys() - declared)
    surplus = max(0, len(declared) - allowance)
    limit = max(ALWAYS_ALLOWED, trial.base.workspace.config.gate.max_drift * len(before))
    other = len(undeclared) + surplus
    detail = f"{len(declared) - surplus} declared moves, {other} other, of {len(before)} stored tickets"
    far = accumulated([*trial.landed[-WINDOW:], *([trial.leaf_shift] if trial.leaf_shift.moves else [])])
    if far > REVIEW_AT:
        detail += f"; over {len(trial.landed) + 1} changes leaves moved {far:.3f} bits: time for a review"
    if other > limit:
        shown = tuple(f"{key}: {moved[key][0]} → {moved[key][1]}" for key in undeclared[:10])
        return Check("drift", FAIL, f"{detail}; at most {limit:g} others may move", shown)
    return Check("drift", PASS, detail)


def _declared(trial: Trial, source: str, target: str) -> bool:
    """Fixes of one batch may hand a ticket on: from where one takes it to where another brings it."""
    moves = [hint.moves for hint in trial.fixes]
    return any(source in one.from_ for one in moves) and any(target in one.to for one in moves)
