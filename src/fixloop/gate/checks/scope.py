"""A hint's branch changes what the hint's operations name, brings its own case files, and nothing else."""

from fixloop.gate.parts import beyond_the_hint
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import FAIL, PASS, SKIP, Check
from fixloop.workspace.text import count


def check(trial: Trial) -> Check:
    """Every changed path against the hint's scope; neutral files count too, the branch is the hint's."""
    if trial.hint is None:
        return Check("scope", SKIP, "no hint: the whole change is a person's")
    from fixloop.fixes.apply import touched_paths  # a person's change needs none of it

    allowed = touched_paths(trial.hint.operations, trial.base.workspace)
    outside = tuple(
        path
        for path in sorted(trial.changes)
        if not _inside(path, allowed) and not _own_case_file(path, trial.hint.id)
    )
    if outside:
        return Check("scope", FAIL, "files outside what the hint names", outside)
    base, proposed = trial.base, trial.proposed
    more = beyond_the_hint(base.snapshot, base.workspace, proposed.snapshot, trial.hint)
    if more:
        return Check("scope", FAIL, "changes in its files that the hint does not name", tuple(more))
    return Check("scope", PASS, f"{count(len(trial.changes), 'file')}, all named by the hint")


def _inside(path: str, allowed: tuple[str, ...]) -> bool:
    return path in allowed or any(one.endswith("/") and path.startswith(one) for one in allowed)


def _own_case_file(path: str, hint_id: str) -> bool:
    parts = path.split("/")
    return len(parts) == 3 and parts[0] == "evals" and parts[2] == f"{hint_id}.yaml"
