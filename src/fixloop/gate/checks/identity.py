"""What is judged is what was approved: operations, cases and declared moves have the approved digest."""

from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, SKIP, Check


def check(trial: Trial) -> Check:
    """The approval in force binds this very hint."""
    if trial.hint is None or trial.state is None:
        return Check("identity", SKIP, "no hint")
    if not trial.state.approved_digest:
        return Check("identity", FAIL, f"{trial.hint.id} is {trial.state.status}, not approved")
    if trial.state.approved_digest != trial.hint.digest:
        return Check("identity", FAIL, "the hint is not what was approved", (trial.hint.id,))
    return Check("identity", PASS, f"approved by {trial.state.approved_by}")
