"""One change moves the improver or the evaluator, never both; the evaluator only with a person's reason."""

from fixloop.gate.lanes import FIX, JUDGE, MIXED, NEUTRAL
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, OVERRIDDEN, PASS, Check
from fixloop.workspace.text import count


def check(trial: Trial) -> Check:
    """Which lane the change is in, and whether it may be."""
    lanes = trial.lanes
    if lanes.lane == MIXED:
        detail = "changes what decides together with what is judged: split it into two changes"
        return Check("lane", FAIL, detail, (*lanes.judge, *lanes.fix))
    if lanes.lane == JUDGE:
        return _judge(trial)
    said = {FIX: count(len(lanes.fix), "governed file"), NEUTRAL: "nothing that fixloop reads"}
    return Check("lane", PASS, said[lanes.lane])


def _judge(trial: Trial) -> Check:
    """A change of what decides, told by its effect; a person may, and says why."""
    from fixloop.gate.effect import case_effects, rule_effects, summary  # a fix does without

    effects = case_effects(trial)
    evidence = (*trial.lanes.judge, *rule_effects(trial), *map(str, effects))
    told = summary(effects)
    if trial.allow_judge:
        detail = f"changes what decides, allowed: {trial.allow_judge}{told}"
        return Check("lane", OVERRIDDEN, detail, evidence)
    detail = f"changes what decides: only a person may, with --allow judge --why TEXT{told}"
    return Check("lane", FAIL, detail, evidence)
