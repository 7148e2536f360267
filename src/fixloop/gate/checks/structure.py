"""The merge result is a workspace: it merges, loads, and holds plain files only."""

from collections.abc import Iterator

from fixloop.evals.case_references import unknown_names
from fixloop.evals.cases import CasesInvalid
from fixloop.gate.names import folded, is_gits_own
from fixloop.gate.side import Side
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, Check
from fixloop.workspace.invalid import WorkspaceInvalid
from fixloop.workspace.model import Problem

_MODES = {"120000": "a symbolic link", "160000": "a submodule", "040000": "a folder", "twice": "named twice"}


def check(trial: Trial) -> Check:
    """Conflicts, odd file modes, problems of workspace and cases."""
    if trial.conflicts:
        return Check("structure", FAIL, "the branches conflict", trial.conflicts)
    odd = tuple(
        f"{path} is {_MODES.get(mode, f'mode {mode}')}" for path, mode in trial.proposed.odd_modes.items()
    )
    if odd:
        return Check("structure", FAIL, "only plain files may stand where fixloop reads", odd)
    alike = tuple(_look_alikes(trial))
    if alike:
        return Check("structure", FAIL, "some file systems take these names for others", alike)
    for side in (trial.proposed, trial.result):
        broken = _broken(side)
        if broken:
            return broken
    leaves, cases = len(trial.proposed.workspace.intents.leaves), len(trial.proposed.cases)
    return Check("structure", PASS, f"{leaves} leaves, {cases} cases")


def _look_alikes(trial: Trial) -> Iterator[str]:
    """New paths that are another path, or git's own folder, where names are folded (NTFS, HFS+, APFS)."""
    new = [path for path, (before, after) in trial.changes.items() if before is None and after]
    taken: dict[str, list[str]] = {}
    for path in trial.proposed.snapshot.paths() if new else ():
        taken.setdefault(folded(path), []).append(path)
    for path in new:
        others = [one for one in taken.get(folded(path), ()) if one != path]
        if others:
            yield f"{path} is {others[0]} to a file system that folds names"
        elif is_gits_own(path):
            yield f"{path} leads into git's own folder, or out of the repository"


def _broken(side: Side) -> Check | None:
    """What keeps one side from being read: as it is, and with the base's judge laid over it."""
    try:
        workspace = side.workspace
    except WorkspaceInvalid as error:
        return Check("structure", FAIL, "the workspace has errors", _shown(error.problems))
    try:
        cases = side.cases
    except CasesInvalid as error:
        return Check("structure", FAIL, "case files have errors", _shown(error.problems))
    unknown = unknown_names(workspace, cases, side.cache)
    return Check("structure", FAIL, "cases name what is not there", unknown[:10]) if unknown else None


def _shown(problems: tuple[Problem, ...]) -> tuple[str, ...]:
    errors = [problem for problem in problems if problem.severity == "error"]
    return tuple(f"{problem.place}: {problem.message}" for problem in errors[:10])
