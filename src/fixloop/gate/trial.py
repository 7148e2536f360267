"""Everything a check may look at. Checks are functions from this to a `Check`, a file each."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from fixloop.evals.case import CaseSet
from fixloop.evals.compare import Comparison, compare_reports
from fixloop.evals.result import EvalReport
from fixloop.feedback.model import Feedback
from fixloop.feedback.replays import distinct_tickets
from fixloop.gate.divergence import Shift
from fixloop.gate.lanes import Changes, Lanes, is_of_the_judge, sort_into_lanes
from fixloop.gate.side import Side
from fixloop.gate.steady import Settled, settle
from fixloop.hints.ledger import HintState
from fixloop.hints.model import Hint
from fixloop.pipeline.proposal import Outcome
from fixloop.ports.held_out import HeldOut
from fixloop.workspace.invalid import WorkspaceInvalid
from fixloop.workspace.model import PlanTree


class Asked(NamedTuple):
    """How many cases were asked in this run, of how many results on both sides."""

    executed: int
    results: int


class Replays(NamedTuple):
    """Stored tickets answered by both sides."""

    before: Mapping[str, Outcome]
    after: Mapping[str, Outcome]


@dataclass(frozen=True)
class Trial:
    """Base and result of one merge.

    `proposed` is the merge result as it is, `result` the same with the base's configuration and case files
    (`judged_by_base`); `hint` is the one the record
    knows for the branch, with its `state`; `allow_judge` is a person's reason to change what decides;
    `overrides` are checks that a person overrules, each with the reason;
    `stored` is the feedback whose tickets must not move unsaid; `held_out` is the set to ask, None where
    this run asks none, and `held_out_later` says that one is there for the run that lands the change;
    `quarantine` are cases that wavered on a base, each with the moment until which they say nothing;
    `landed` are the shifts of the landings before this one, oldest first.
    """

    base_commit: str
    head_commit: str
    tree: str
    base: Side
    proposed: Side
    result: Side
    changes: Changes
    conflicts: tuple[str, ...] = ()
    hint: Hint | None = None
    state: HintState | None = None
    allow_judge: str = ""
    stored: tuple[Feedback, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
    held_out: HeldOut | None = None
    held_out_later: bool = False
    quarantine: Mapping[str, str] = field(default_factory=dict)
    landed: tuple[Shift, ...] = ()

    batch: tuple[Hint, ...] = ()
    """The hints of a tree that several fixes make, where `hint` is None; each is asked for itself beside."""

    @property
    def fixes(self) -> tuple[Hint, ...]:
        """Every hint the tree is made of."""
        return (self.hint,) if self.hint else self.batch

    @cached_property
    def lanes(self) -> Lanes:
        """The changed paths by lane; plan trees are compared where both sides load."""
        engines, judging = engine_paths(self.base), judging_paths(self.changes, self.fixes)
        return sort_into_lanes(self.changes, engines, _trees(self.base), _trees(self.result), judging)

    @cached_property
    def new_cases(self) -> CaseSet:
        """The cases of files that only the result has."""
        known = {case.path for case in self.base.cases}
        return CaseSet(tuple(case for case in self.result.cases if case.path not in known))

    @cached_property
    def before(self) -> EvalReport:
        """The base, judged by its own cases."""
        return self.base.evaluate(self.base.cases)

    @cached_property
    def after(self) -> EvalReport:
        """The result, judged by the base's cases."""
        return self.result.evaluate(self.base.cases)

    @property
    def asked(self) -> Asked:
        """How many cases the comparison had to ask: most results of the base are known from earlier runs."""
        sides = (self.before, self.after)
        return Asked(
            sum(one.executed for one in sides),
            sum(len(s.results) for one in sides for s in one.suites.values()),
        )

    @cached_property
    def suites(self) -> Mapping[str, Comparison]:
        """The paired comparison, suite by suite, of the cases that hold still on the base."""
        return compare_reports(self.settled.before, self.settled.after)

    @cached_property
    def leaf_shift(self) -> Shift:
        """How many stored tickets each leaf has on both sides."""
        return Shift(*(Counter(one.leaf for one in side.values()) for side in self.replays))

    @cached_property
    def replays(self) -> Replays:
        """What every stored ticket gets on the base and on the result, by feedback id."""
        stored = distinct_tickets(self.stored)
        return Replays(self.base.replay(stored), self.result.replay(stored)) if stored else Replays({}, {})

    @cached_property
    def settled(self) -> Settled:
        """Both reports as they may be compared; of engines that vary some cases are set aside."""
        return settle(self.base, self.base.cases, self.before, self.after, self.quarantine)


def judging_paths(changes: Changes, fixes: tuple[Hint, ...]) -> tuple[str, ...]:
    """The case files that hints make as their very change, beside those in which each fix proves itself."""
    if not any(is_of_the_judge(hint) for hint in fixes):
        return ()
    proofs = {f"{hint.id}.yaml" for hint in fixes}
    return tuple(path for path in changes if path.startswith("evals/") and path.split("/")[-1] not in proofs)


def engine_paths(base: Side) -> tuple[str, ...]:
    """The files that hold the base's `python:` engines, where they live in the repository."""
    try:
        engines = base.workspace.config.engines
    except WorkspaceInvalid:
        return ()
    modules = [
        name.split(":")[1] for name in (engines.intent, engines.extraction) if name.startswith("python:")
    ]
    tops = {module.split(".")[0] for module in modules}
    return tuple(path for top in sorted(tops) for path in (f"{top}/", f"{top}.py", f"src/{top}/"))


def _trees(side: Side) -> Mapping[str, PlanTree]:
    try:
        return side.workspace.plan_trees
    except WorkspaceInvalid:
        return {}
