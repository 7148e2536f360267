"""`fixloop check`."""

from fixloop.cli.answering import answer, progress
from fixloop.cli.options import Json, Ref, Repo, verb

app = verb()


@app.command()
def check(ref: Ref = None, as_json: Json = False, repo: Repo = ".") -> int:
    """Tell every problem of the workspace and how to mend it.

    Exit code 1 when there are errors; warnings stop nothing.
    """
    from fixloop.commands.check import check as command
    from fixloop.report.problems import draw_problems
    from fixloop.wiring import build_shelf

    result = command(build_shelf(repo, progress), ref)
    return answer(
        result,
        lambda page: draw_problems(page, result.problems, result.leaves, result.cases),
        as_json,
        0 if result.sound else 1,
    )
