"""A fix proves itself: its cases, read from the record, fail on the base and pass on the result."""

from fixloop.evals.case import CaseSet
from fixloop.evals.given import given_cases
from fixloop.evals.result import PASS as CASE_PASSES
from fixloop.gate.lanes import is_of_the_judge
from fixloop.gate.side import Side
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, SKIP, Check
from fixloop.hints.model import Hint


def check(trial: Trial) -> Check:
    """The hint's cases; for a person's branch, that its new cases pass."""
    if trial.hint is None:
        return _new_cases(trial)
    if is_of_the_judge(trial.hint):
        return Check("fail_to_pass", SKIP, "a change of what decides: its effect is told under lane")
    cases = given_cases(trial.hint.cases)
    if not len(cases):
        return Check("fail_to_pass", FAIL, "the hint has no case that would show its effect")
    absent = _absent(trial, trial.hint)
    if absent:
        return Check("fail_to_pass", FAIL, "cases of the hint are missing, or ask something else", absent)
    unmoved = passing(trial.base, cases)
    failing = frozenset(case.id for case in cases) - passing(trial.result, cases)
    if failing:
        return Check("fail_to_pass", FAIL, "cases of the fix fail with it", tuple(sorted(failing)))
    if len(unmoved) == len(cases):
        return Check(
            "fail_to_pass", FAIL, "no case fails on the base: it is fixed already", tuple(sorted(unmoved))
        )
    moved = len(cases) - len(unmoved)
    said = (
        "1 case fails before and passes after" if moved == 1 else f"{moved} cases fail before and pass after"
    )
    return Check("fail_to_pass", PASS, said)


def _absent(trial: Trial, hint: Hint) -> tuple[str, ...]:
    """Cases of the hint that its branch does not bring as they were approved."""
    brought = {case.id: case.digest for case in trial.proposed.cases}
    wanted = given_cases(hint.written_cases)
    return tuple(sorted(case.id for case in wanted if brought.get(case.id) != case.digest))


def passing(side: Side, cases: CaseSet) -> frozenset[str]:
    """The ids of the cases that pass on one side."""
    return frozenset(result.id for result in side.evaluate(cases) if result.outcome == CASE_PASSES)


def _new_cases(trial: Trial) -> Check:
    new = trial.new_cases
    if not len(new):
        return Check("fail_to_pass", SKIP, "no hint and no new case")
    failing = frozenset(case.id for case in new) - passing(trial.result, new)
    if failing:
        return Check("fail_to_pass", FAIL, "new cases fail on the result", tuple(sorted(failing)))
    moved = len(new) - len(passing(trial.base, new)) if trial.lanes.fix else 0
    return Check("fail_to_pass", PASS, f"{len(new)} new cases pass, {moved} of them failed before")
