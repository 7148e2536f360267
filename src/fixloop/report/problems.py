"""What `check` found."""

from collections.abc import Sequence

from fixloop.report.page import Page, bad, dim, good, strong, warn
from fixloop.workspace.model import Problem
from fixloop.workspace.text import count


def draw_problems(page: Page, problems: Sequence[Problem], leaves: int, cases: int) -> None:
    """Each problem with its place and its mend, then the sum in one line."""
    for problem in problems:
        mark = bad("error") if problem.severity == "error" else warn("warning")
        page.line(strong(str(problem.place)), ": ", mark, f": {problem.message}", hang=4)
        if problem.mend:
            page.line(dim("→ "), problem.mend, indent=4, hang=6)
    page.blank()
    page.line(*_sum(problems, leaves, cases))


def _sum(problems: Sequence[Problem], leaves: int, cases: int) -> list[str]:
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    seen = f" in {count(leaves, 'leaf', 'leaves')} and {count(cases, 'case')}" if leaves else ""
    if not problems:
        return [good("no problems").text, seen]
    told = [count(errors, "error")] if errors else ["no errors"]
    told += [count(warnings, "warning")] if warnings else []
    return [", ".join(told), seen, ": nothing runs until the errors are mended" if errors else ""]
