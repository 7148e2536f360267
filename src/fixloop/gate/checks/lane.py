"""One change moves the improver or the evaluator, never both; the evaluator only with a person's reason."""

from fixloop.gate.lanes import FIX, JUDGE, MIXED, NEUTRAL
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, OVERRIDDEN, PASS, Check


def check(trial: Trial) -> Check:
    """Which lane the change is in, and whether it may be."""
    lanes = trial.lanes
    if lanes.lane == MIXED:
        detail = "changes what decides together with what is judged: split it into two changes"
        return Check("lane", FAIL, detail, (*lanes.judge, *lanes.fix))
    if lanes.lane == JUDGE and trial.allow_judge:
        return Check("lane", OVERRIDDEN, f"changes what decides, allowed: {trial.allow_judge}", lanes.judge)
    if lanes.lane == JUDGE:
        detail = "changes what decides: only a person may, with --allow judge --why TEXT"
        return Check("lane", FAIL, detail, lanes.judge)
    said = {FIX: f"{len(lanes.fix)} governed files", NEUTRAL: "nothing that fixloop reads"}
    return Check("lane", PASS, said[lanes.lane])
