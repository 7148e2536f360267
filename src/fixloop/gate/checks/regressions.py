"""Nothing protected breaks, and no suite gets worse: the paired comparison on the base's cases."""

from collections.abc import Mapping

from fixloop.evals.case import Case
from fixloop.evals.compare import NOT_COMPARABLE, TOO_FEW, WORSE, Comparison
from fixloop.evals.protected import blocks
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, Check
from fixloop.workspace.model import Config


def check(trial: Trial) -> Check:
    """The comparison, read by the base's policy."""
    cases = {case.id: case for case in trial.base.cases}
    return judge(trial.suites, cases, trial.base.workspace.config, max(1, len(trial.fixes)))


def judge(
    suites: Mapping[str, Comparison], cases: Mapping[str, Case], config: Config, changes: int = 1
) -> Check:
    """The verdict on a comparison; also what the canary has to fail.

    `changes` are judged together: each may flip as many cases as it might alone, and the net is one.
    """
    unlike = [name for name, one in suites.items() if one.outcome == NOT_COMPARABLE]
    if unlike:
        return Check("regressions", FAIL, "suites cannot be compared: another evaluator", tuple(unlike))
    missing = [one for comparison in suites.values() for one in comparison.missing]
    if missing:
        return Check("regressions", FAIL, "cases of the base were not asked", tuple(missing))
    found = blocks(suites, cases, config.gate.max_intent_flips * changes)
    if found:
        detail = "; ".join(f"{block.suite}: {block.detail}" for block in found)
        return Check("regressions", FAIL, detail, tuple(one for block in found for one in block.cases))
    worse = tuple(name for name, one in suites.items() if one.outcome == WORSE)
    if worse:
        return Check("regressions", FAIL, "suites got worse", worse)
    return Check("regressions", PASS, _summary(suites))


def _summary(suites: Mapping[str, Comparison]) -> str:
    aligned = sum(one.aligned for one in suites.values())
    gains = sum(len(one.gains) for one in suites.values())
    lost = sum(len(one.regressions) for one in suites.values())
    few = [name for name, one in suites.items() if one.outcome == TOO_FEW]
    warning = f"; too few cases to see a difference in {', '.join(few)}" if few else ""
    return f"{aligned} cases compared: {gains} better, {lost} worse{warning}"
