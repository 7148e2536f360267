"""Outcomes that staff accepted stay, and grow a few at a time."""

from fixloop.evals.case import CaseSet
from fixloop.evals.cases import CasesInvalid
from fixloop.evals.result import PASS as CASE_PASSES
from fixloop.gate.lanes import KNOWN_GOOD
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, SKIP, Check
from fixloop.workspace.text import count

SUITE = "known_good"
MOST_AT_ONCE = 5
"""Outcomes that one change may add: few enough for a person to read."""


def check(trial: Trial) -> Check:
    """No known-good outcome is lost; what a change adds is little, and true on the base already."""
    found = trial.suites.get(SUITE)
    lost = found.regressions if found else ()
    if lost:
        told = count(len(lost), "outcome that staff accepted is", "outcomes that staff accepted are")
        detail = f"{told} lost; an outdated one is retired first (judge)"
        return Check("known_good", FAIL, detail, lost)
    added = _added(trial)
    if len(added) > MOST_AT_ONCE:
        detail = f"adds {len(added)} outcomes; {MOST_AT_ONCE} at a time are what a person reads"
        return Check("known_good", FAIL, detail, tuple(case.id for case in added))
    untrue = _untrue(trial, added)
    if untrue:
        return Check("known_good", FAIL, "adds outcomes that today's base does not give", untrue)
    if not found or not found.aligned:
        return Check("known_good", SKIP, "no known-good outcomes yet") if not added else _grown(added, 0)
    return (
        _grown(added, found.aligned) if added else Check("known_good", PASS, f"{found.aligned} outcomes stay")
    )


def _grown(added: CaseSet, kept: int) -> Check:
    return Check(
        "known_good", PASS, f"{kept} outcomes stay, {len(added)} are added", tuple(c.id for c in added)
    )


def _added(trial: Trial) -> CaseSet:
    """Known-good cases that the change as it is brings."""
    if not any(path.startswith(KNOWN_GOOD) for path in trial.changes):
        return CaseSet()
    try:
        known = {case.id for case in trial.base.cases}
        return CaseSet(tuple(case for case in trial.proposed.cases.of(SUITE) if case.id not in known))
    except CasesInvalid:
        return CaseSet()


def _untrue(trial: Trial, added: CaseSet) -> tuple[str, ...]:
    if not len(added):
        return ()
    return tuple(result.id for result in trial.base.evaluate(added) if result.outcome != CASE_PASSES)
