"""The verdict on one merge result."""

from fixloop.gate.checks import run_checks
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, Verdict


def judge(trial: Trial) -> Verdict:
    """Every check on the trial; the comparison is part of the verdict wherever the result could be judged."""
    checks = run_checks(trial)
    readable = not any(check.id == "structure" and check.status == FAIL for check in checks)
    return Verdict(
        base=trial.base_commit,
        head=trial.head_commit,
        tree=trial.tree,
        lane=trial.lanes.lane,
        checks=checks,
        suites=trial.suites if readable else {},
        hint=trial.hint.id if trial.hint else "",
    )
