"""One change moves the improver or the evaluator, never both; the evaluator only with a person's reason."""

from fixloop.evals.case import CaseSet
from fixloop.evals.cases import CasesInvalid
from fixloop.evals.result import PASS as CASE_PASSES
from fixloop.gate.lanes import FIX, JUDGE, MIXED, NEUTRAL
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, OVERRIDDEN, PASS, Check


def check(trial: Trial) -> Check:
    """Which lane the change is in, and whether it may be."""
    lanes = trial.lanes
    if lanes.lane == MIXED:
        detail = "changes what decides together with what is judged: split it into two changes"
        return Check("lane", FAIL, detail, (*lanes.judge, *lanes.fix))
    if lanes.lane == JUDGE and trial.allow_judge:
        detail = f"changes what decides, allowed: {trial.allow_judge}{_effect(trial)}"
        return Check("lane", OVERRIDDEN, detail, lanes.judge)
    if lanes.lane == JUDGE:
        detail = f"changes what decides: only a person may, with --allow judge --why TEXT{_effect(trial)}"
        return Check("lane", FAIL, detail, lanes.judge)
    said = {FIX: f"{len(lanes.fix)} governed files", NEUTRAL: "nothing that fixloop reads"}
    return Check("lane", PASS, said[lanes.lane])


def _effect(trial: Trial) -> str:
    """Cases added, changed and retired, and how today's base does on the first two."""
    try:
        before = {case.id: case for case in trial.base.cases}
        after = {case.id: case for case in trial.proposed.cases}
    except CasesInvalid:
        return ""
    added = [after[one] for one in after if one not in before]
    changed = [after[one] for one in after if one in before and after[one].digest != before[one].digest]
    retired = [one for one in before if one not in after]
    if not (added or changed or retired):
        return ""
    failing = sum(
        result.outcome != CASE_PASSES for result in trial.base.evaluate(CaseSet((*added, *changed)))
    )
    counts = f"{len(added)} added, {len(changed)} changed, {len(retired)} retired"
    return f"; cases: {counts}; {failing} of these fail on today's base"
