"""Every run plants one fault that must fail; a gate that passes it is broken and says so."""

from fixloop.evals.case import CaseSet
from fixloop.evals.compare import compare_reports
from fixloop.evals.given import given_cases
from fixloop.gate.checks.regressions import judge
from fixloop.gate.side import Side
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, SKIP, Check
from fixloop.mutants.canary import Canary, plant


def check(trial: Trial) -> Check:
    """The base with a fault in it, through the same comparison and the same rules.

    Where no case of the base passes, the result and the cases that the change brings.
    """
    brought = given_cases(trial.hint.cases) if trial.hint else trial.new_cases
    for side, cases in ((trial.base, trial.base.cases), (trial.result, brought)):
        planted = (
            plant(side.workspace, side.pipeline, side.evaluate(cases), side.cache) if len(cases) else None
        )
        if planted is not None:
            return _asked(trial, side, planted)
    return Check("canary", SKIP, "no case passes, so no fault could be seen")


def _asked(trial: Trial, side: Side, planted: Canary) -> Check:
    cases: CaseSet = planted.cases
    before = side.evaluate(cases)
    after = side.evaluate_with(planted.pipeline, cases)
    rules = trial.base.workspace.config
    seen = judge(compare_reports(before, after), {case.id: case for case in cases}, rules)
    if seen.status != FAIL:
        return Check("canary", FAIL, f"the gate is broken: it passed {planted.fault}", (planted.fault,))
    return Check("canary", PASS, f"a planted fault was caught: {planted.fault}")
