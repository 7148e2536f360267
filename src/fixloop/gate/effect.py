"""What a change of the judge comes to: cases, rules and owners, held against what today's base answers."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from fixloop.evals.case import Case, CaseSet
from fixloop.evals.cases import CasesInvalid
from fixloop.evals.result import FAIL, PASS, UNSCORED
from fixloop.gate.trial import Trial
from fixloop.workspace.invalid import WorkspaceInvalid
from fixloop.workspace.model import Config, PlanTree
from fixloop.workspace.text import shown

_WORDS: Mapping[str, str] = {PASS: "passes", FAIL: "fails", UNSCORED: "cannot be scored"}


@dataclass(frozen=True, slots=True)
class CaseEffect:
    """One case that a change adds, changes or retires, and how the base does on it: before, and now."""

    what: str
    case: Case
    before: str = ""
    now: str = ""

    def __str__(self) -> str:
        name = f"{self.what} {self.case.suite} case {self.case.id}"
        if self.what == "retired":
            return f"{name}, which today's base {_WORDS[self.before]}"
        was = f" (it {_WORDS[self.before]} as it was)" if self.before and self.before != self.now else ""
        return f"{name}: today's base {_WORDS[self.now]}{was}"


def case_effects(trial: Trial) -> tuple[CaseEffect, ...]:
    """Every case that the change adds, changes or retires, the ones that now fail first."""
    try:
        before = {case.id: case for case in trial.base.cases}
        after = {case.id: case for case in trial.proposed.cases}
    except CasesInvalid:
        return ()
    asked = [one for one in after.values() if one.id not in before or one.digest != before[one.id].digest]
    retired = [one for one in before.values() if one.id not in after]
    now = {result.id: result.outcome for result in trial.base.evaluate(CaseSet(tuple(asked)))}
    then = {result.id: result.outcome for result in trial.before}
    found = [
        CaseEffect("changed" if one.id in before else "added", one, then.get(one.id, ""), now[one.id])
        for one in asked
    ]
    found += [CaseEffect("retired", one, before=then[one.id]) for one in retired]
    return tuple(sorted(found, key=lambda one: (one.now == PASS, one.what, one.case.id)))


def summary(effects: tuple[CaseEffect, ...]) -> str:
    """The effects in one line, empty where there are none."""
    if not effects:
        return ""
    kinds = Counter(one.what for one in effects)
    counts = ", ".join(f"{kinds[what]} {what}" for what in ("added", "changed", "retired"))
    failing = sum(one.now not in ("", PASS) for one in effects)
    return f"; cases: {counts}; {failing} of these fail on today's base"


def rule_effects(trial: Trial) -> tuple[str, ...]:
    """Configuration, policy, owners and stability that change, each `key: before → after`."""
    try:
        base, proposed = trial.base.workspace, trial.proposed.workspace
    except WorkspaceInvalid:
        return ()
    found = [f"fixloop.yaml {line}" for line in _differences("", base.config, proposed.config)]
    for leaf in sorted(base.plan_trees.keys() & proposed.plan_trees.keys()):
        found += _reassigned(base.plan_trees[leaf], proposed.plan_trees[leaf])
    return tuple(found)


def _differences(path: str, before: Config | Any, after: Config | Any) -> Iterator[str]:
    if is_dataclass(before) and type(before) is type(after):
        for one in fields(before):
            below = f"{path}.{one.name}" if path else one.name
            yield from _differences(below, getattr(before, one.name), getattr(after, one.name))
    elif before != after:
        yield f"{path}: {shown(before)} → {shown(after)}"


def _reassigned(before: PlanTree, after: PlanTree) -> list[str]:
    return [
        f"{before.path} {name}: {shown(was)} → {shown(now)}"
        for name, was, now in (
            ("owner", before.owner, after.owner),
            ("stability", before.stability, after.stability),
        )
        if was != now
    ]
