"""Cases that no proposer has seen. This version has no held-out set to ask; the verdict stays provisional."""

from fixloop.gate.trial import Trial
from fixloop.gate.verdict import SKIP, Check


def check(trial: Trial) -> Check:
    """Not asked; `gate.require: [held_out]` makes that the end of the run."""
    return Check("held_out", SKIP, "no held-out set is asked in this version")
