"""What is judged is what was approved, by as many people as the leaves it reaches ask for."""

from fixloop.gate.reach import approvals_missing, approvals_needed, frozen_leaves
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
    frozen = frozen_leaves(trial.hint, trial.base.workspace)
    if frozen:
        detail = "the leaf is frozen: a person changes its stability first, in a change of its own"
        return Check("identity", FAIL, detail, frozen)
    people = trial.state.approved_by
    if approvals_missing(trial.hint, trial.state, trial.base.workspace):
        needed = approvals_needed(trial.hint, trial.base.workspace)
        detail = f"reaches a guarded leaf: {needed} people must approve, {', '.join(people)} has"
        return Check("identity", FAIL, detail, (trial.hint.id,))
    return Check("identity", PASS, f"approved by {' and '.join(people)}")
