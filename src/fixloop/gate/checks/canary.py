"""Every run plants one fault that must fail; a gate that passes it is broken and says so."""

from fixloop.evals.compare import compare_reports
from fixloop.gate.checks.regressions import judge
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, SKIP, Check
from fixloop.mutants.canary import plant


def check(trial: Trial) -> Check:
    """The result with a fault in it, through the same comparison and the same rules."""
    planted = plant(trial.base.workspace, trial.before, trial.base.cache)
    if planted is None:
        return Check("canary", SKIP, "no case passes on the base, so no fault could be seen")
    report = trial.base.evaluate_with(planted.pipeline, planted.cases)
    before = trial.base.evaluate(planted.cases)
    seen = judge(
        compare_reports(before, report), {c.id: c for c in planted.cases}, trial.base.workspace.config
    )
    if seen.status != FAIL:
        return Check("canary", FAIL, f"the gate is broken: it passed {planted.fault}", (planted.fault,))
    return Check("canary", PASS, f"a planted fault was caught: {planted.fault}")
