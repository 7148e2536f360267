"""Guard strength of a workspace from end to end: faults found, tried, and answered with the missing cases."""

from collections.abc import Callable, Collection, Iterable, Sequence

from fixloop.evals.case import Case
from fixloop.feedback.model import Feedback
from fixloop.mutants.killers import Killers
from fixloop.mutants.measure import BaseFits, Measure, Measured
from fixloop.mutants.operators import STEPS, find_mutants
from fixloop.mutants.report import GuardReport, Outcome
from fixloop.mutants.watch import Watch, build_watch
from fixloop.pipeline.compile import Pipeline
from fixloop.pipeline.engines import is_custom
from fixloop.ports.cache import Cache, NoCache
from fixloop.workspace.model import Workspace

Progress = Callable[[int, int], None]


def guard_strength(
    workspace: Workspace,
    pipeline: Pipeline,
    cases: Iterable[Case],
    stored: Sequence[Feedback] = (),
    cache: Cache | None = None,
    *,
    leaves: Collection[str] = (),
    steps: Collection[str] = STEPS,
    most: int | None = None,
    unseen_too: bool = False,
    progress: Progress | None = None,
) -> GuardReport:
    """Inject faults and count what the cases catch; every survivor comes with the case that would.

    `leaves`, `steps` and `most` choose faults as `find_mutants` does. `stored` are distinct replayable
    tickets. `unseen_too` looks for a case also where no ticket or case of today shows a difference: inputs
    made up from a plan tree's conditions may.
    """
    watch = build_watch(workspace, pipeline, cases, stored)
    mutants = find_mutants(workspace, leaves=leaves, steps=spoilable(workspace, steps), most=most)
    fits = BaseFits(cache or NoCache())
    measured = Measure(watch, fits).run(mutants, progress)
    outcomes = _with_killers(watch, measured, fits, unseen_too)
    return GuardReport(tuple(outcomes), watch.watching, watch.looking)


def spoilable(workspace: Workspace, steps: Collection[str]) -> tuple[str, ...]:
    """The steps whose answers come from the workspace: an engine of one's own reads what it likes."""
    engines = workspace.config.engines
    own = {"intent": is_custom(engines.intent), "extraction": is_custom(engines.extraction)}
    return tuple(step for step in STEPS if step in steps and not own.get(step, False))


def _with_killers(watch: Watch, measured: Sequence[Measured], fits: Cache, unseen_too: bool) -> list[Outcome]:
    killers = Killers(watch, fits)
    found = []
    for one in measured:
        outcome = one.outcome
        if outcome.survived or (unseen_too and outcome.unseen and outcome.mutant.step != "intent"):
            outcome = outcome._replace(killer=killers.find(one))
        found.append(outcome)
    return found
