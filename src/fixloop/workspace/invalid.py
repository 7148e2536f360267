"""A workspace that cannot be used; by itself, since catching it must not load what reads one."""

from fixloop.errors import FixloopError
from fixloop.workspace.model import Problem
from fixloop.workspace.text import count

_TOLD = 5


class WorkspaceInvalid(FixloopError):
    """A workspace with errors: nothing runs until they are mended."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        told = "".join(f"\n  {problem.place}: {problem.message}" for problem in problems[:_TOLD])
        more = f"\n  and {len(problems) - _TOLD} more" if len(problems) > _TOLD else ""
        super().__init__(
            f"the workspace has {count(len(problems), 'error')}:{told}{more}",
            mend="run `fixloop check` for all of them and how to mend each",
        )
        self.problems = problems
