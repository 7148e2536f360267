"""Nothing protected breaks, and no suite gets worse: the paired comparison on the base's cases."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from fixloop.evals.case import Case, CaseSet
from fixloop.evals.compare import (
    NOT_COMPARABLE,
    TOO_FEW,
    WORSE,
    Comparison,
    smallest_detectable,
    with_gains,
)
from fixloop.evals.given import given_cases
from fixloop.evals.protected import blocks
from fixloop.evals.result import UNSCORED
from fixloop.gate.checks.fail_to_pass import passing
from fixloop.gate.reach import changed_leaves, leaf_of
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, Check
from fixloop.hints.model import Hint
from fixloop.workspace.model import Config
from fixloop.workspace.text import text_digest

KNOWN_GOOD = "known_good"
"""A suite with a check of its own."""


def check(trial: Trial) -> Check:
    """The comparison, read by the base's policy."""
    cases = {case.id: case for case in trial.base.cases}
    suites = {name: one for name, one in trial.suites.items() if name != KNOWN_GOOD}
    answered = _answered_rejections(trial)
    if answered and "intent" in suites:
        # Of what the base gets wrong its own cases hold little: what staff rejected belongs on the scales.
        suites["intent"] = with_gains(suites["intent"], [case.id for case in answered])
        cases |= {case.id: case for case in answered}
    found = judge(suites, cases, trial.base.workspace.config, max(1, len(trial.fixes)))
    if found.status == FAIL:
        return found
    return _silent(trial) or _unguarded(trial) or _with_aside(found, trial)


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
        return Check(
            "regressions", FAIL, detail, tuple(dict.fromkeys(one for block in found for one in block.cases))
        )
    worse = tuple(name for name, one in suites.items() if one.outcome == WORSE)
    if worse:
        return Check("regressions", FAIL, "suites got worse", worse)
    return Check("regressions", PASS, _summary(suites))


def _answered_rejections(trial: Trial) -> list[Case]:
    """Intent cases of the fixes that are texts staff rejected, fail on the base and pass on the result."""
    evidence = {key for hint in trial.fixes for key in hint.evidence}
    rejected = {one.text_digest for one in trial.stored if one.id in evidence and one.outcome != "accepted"}
    own = [spec for hint in trial.fixes for spec in hint.cases if spec["suite"] == "intent"]
    cases = given_cases(spec for spec in own if text_digest(str(spec["text"])) in rejected)
    if not len(cases):
        return []
    moved = passing(trial.result, cases) - passing(trial.base, cases)
    return [case for case in cases if case.id in moved]


def _with_aside(found: Check, trial: Trial) -> Check:
    """A pass says which cases could not speak: those of an engine that varies, while they waver."""
    aside = trial.settled.aside
    if not aside:
        return found
    told = tuple(f"{name} is set aside: it {why}" for name, why in aside.items())
    return replace(found, detail=f"{found.detail}; {len(aside)} wavering cases set aside", evidence=told)


def _silent(trial: Trial) -> Check | None:
    """A suite that scored nothing on either side compared nothing: an engine that is gone is no pass."""
    dead = tuple(
        name
        for name, report in trial.after.suites.items()
        if report.results
        and not any(
            one.outcome != UNSCORED for side in (report, trial.before.suites[name]) for one in side.results
        )
    )
    if not dead:
        return None
    said = next(one.error for one in trial.after.suites[dead[0]].results)
    return Check("regressions", FAIL, f"no case could be scored in {', '.join(dead)}: {said}", dead)


def _unguarded(trial: Trial) -> Check | None:
    """A guarded leaf with too few cases to see any difference: its change would pass unseen."""
    trees = trial.base.workspace.plan_trees
    guarded = [leaf for leaf in sorted(changed_leaves(trial)) if trees[leaf].stability == "guarded"]
    known = [*trial.base.cases, *(case for fix in trial.fixes for case in _own_cases(fix))]
    asked = Counter(leaf for case in known if (leaf := leaf_of(case)) is not None)
    bare = tuple(
        f"{leaf}: {asked[leaf]} cases" for leaf in guarded if smallest_detectable(asked[leaf], 0, 0) is None
    )
    if not bare:
        return None
    detail = "a guarded leaf has too few cases to see a difference: add cases first, as a change of its own"
    return Check("regressions", FAIL, detail, bare)


def _own_cases(fix: Hint) -> CaseSet:
    """What a hint brings to guard its own change: people have approved it with the change."""
    return given_cases([*fix.cases, *fix.near_misses])


def _summary(suites: Mapping[str, Comparison]) -> str:
    aligned = sum(one.aligned for one in suites.values())
    gains = sum(len(one.gains) for one in suites.values())
    lost = sum(len(one.regressions) for one in suites.values())
    few = [name for name, one in suites.items() if one.outcome == TOO_FEW]
    warning = f"; too few cases to see a difference in {', '.join(few)}" if few else ""
    return f"{aligned} cases compared: {gains} better, {lost} worse{warning}"
