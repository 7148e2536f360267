"""The merge result is a workspace: it merges, loads, and holds plain files only."""

from fixloop.evals.cases import CasesInvalid
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, Check
from fixloop.workspace.invalid import WorkspaceInvalid
from fixloop.workspace.model import Problem

_MODES = {"120000": "a symbolic link", "160000": "a submodule", "040000": "a folder"}


def check(trial: Trial) -> Check:
    """Conflicts, odd file modes, problems of workspace and cases."""
    if trial.conflicts:
        return Check("structure", FAIL, "the branches conflict", trial.conflicts)
    odd = tuple(
        f"{path} is {_MODES.get(mode, f'mode {mode}')}" for path, mode in trial.result.odd_modes.items()
    )
    if odd:
        return Check("structure", FAIL, "only plain files may stand where fixloop reads", odd)
    try:
        workspace = trial.result.workspace
    except WorkspaceInvalid as error:
        return Check("structure", FAIL, "the workspace has errors", _shown(error.problems))
    problems = _case_problems(trial)
    if problems:
        return Check("structure", FAIL, "case files have errors", problems)
    return Check(
        "structure", PASS, f"{len(workspace.intents.leaves)} leaves, {len(trial.result.cases)} cases"
    )


def _case_problems(trial: Trial) -> tuple[str, ...]:
    try:
        _ = trial.result.cases
    except CasesInvalid as error:
        return _shown(error.problems)
    return ()


def _shown(problems: tuple[Problem, ...]) -> tuple[str, ...]:
    errors = [problem for problem in problems if problem.severity == "error"]
    return tuple(f"{problem.place}: {problem.message}" for problem in errors[:10])
