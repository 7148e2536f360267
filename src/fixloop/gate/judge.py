"""The verdict on one merge result."""

from collections.abc import Sequence

from fixloop.errors import EnvironmentLacks
from fixloop.gate.checks import run_checks
from fixloop.gate.divergence import NO_SHIFT
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, SKIP, Check, Verdict
from fixloop.workspace.invalid import WorkspaceInvalid


def judge(trial: Trial) -> Verdict:
    """Every check on the trial; the comparison is part of the verdict wherever the result could be judged."""
    checks = run_checks(trial)
    must_have_asked(trial, checks)
    readable = not any(check.id == "structure" and check.status == FAIL for check in checks)
    return Verdict(
        base=trial.base_commit,
        head=trial.head_commit,
        tree=trial.tree,
        lane=trial.lanes.lane,
        checks=checks,
        suites=trial.suites if readable else {},
        hint=trial.hint.id if trial.hint else "",
        shift=trial.leaf_shift if readable else NO_SHIFT,
        wavered=trial.settled.wavered if readable else {},
        quarantine_days=trial.base.workspace.config.gate.quarantine_days if readable else 0,
    )


def must_have_asked(trial: Trial, checks: Sequence[Check]) -> None:
    """What the base's policy insists on must have been asked.

    Raises:
        EnvironmentLacks: a required check was not.
    """
    try:
        wanted = trial.base.workspace.config.gate.require
    except WorkspaceInvalid:
        return
    asked = {check.id for check in checks if check.status != SKIP}
    later = {"held_out"} if trial.held_out_later else set[str]()
    missing = [name for name in wanted if name not in asked | later]
    if missing and not any(check.status == FAIL for check in checks):
        raise EnvironmentLacks(
            f"gate.require names {', '.join(missing)}, which could not be asked",
            mend="provide what it needs, or change gate.require in a judge-lane commit",
        )
