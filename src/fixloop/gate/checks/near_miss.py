"""What stands just outside a fix keeps its old answer."""

from fixloop.evals.given import given_cases
from fixloop.gate.checks.fail_to_pass import passing
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, SKIP, Check


def check(trial: Trial) -> Check:
    """The hint's near misses, from the record."""
    if trial.hint is None or not trial.hint.near_misses:
        return Check("near_miss", SKIP, "no hint" if trial.hint is None else "the hint names none")
    cases = given_cases(trial.hint.near_misses)
    kept = passing(trial.result, cases)
    flipped = tuple(sorted(case.id for case in cases if case.id not in kept))
    if flipped:
        return Check("near_miss", FAIL, "near misses changed their answer", flipped)
    return Check("near_miss", PASS, f"{len(cases)} keep their answer")
