"""A text is an example, or a case, never both: what taught the classifier cannot test it."""

from fixloop.evals.splits import split_overlaps
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, Check


def check(trial: Trial) -> Check:
    """Overlaps that the result has and the base had not."""
    old = {overlap.problem.message for overlap in split_overlaps(trial.base.workspace, trial.base.cases)}
    found = [overlap.problem for overlap in split_overlaps(trial.result.workspace, trial.result.cases)]
    new = tuple(f"{problem.place}: {problem.message}" for problem in found if problem.message not in old)
    if new:
        return Check("split", FAIL, f"{len(new)} texts are in two splits", new[:10])
    return Check("split", PASS, "no text is both example and case")
