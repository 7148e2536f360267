"""`fixloop eval`."""

from typing import TYPE_CHECKING, Annotated

import typer

from fixloop.cli.answering import answer, progress
from fixloop.cli.filing import HtmlFile, JunitFile, MarkdownFile, file_reports
from fixloop.cli.options import Json, Ref, Repo, verb

if TYPE_CHECKING:
    from fixloop.commands.eval import Evaluated
    from fixloop.report.page import Page

app = verb()

Against = Annotated[
    str | None, typer.Option("--against", metavar="BASE", help="Compare with this commit, case by case.")
]
Suites = Annotated[
    list[str] | None, typer.Option("--suite", metavar="S", help="Only this suite; may be repeated.")
]


@app.command()
def evaluate(
    ref: Ref = None,
    against: Against = None,
    suites: Suites = None,
    html: HtmlFile = None,
    markdown: MarkdownFile = None,
    junit: JunitFile = None,
    as_json: Json = False,
    repo: Repo = ".",
) -> int:
    """Run the eval suites; with --against, compare with a base.

    Exit code 1 when a case fails (where fixloop.yaml has a floor, when too few pass); with --against, when
    one fails that did not fail on the base.
    """
    from fixloop.commands.eval import evaluate_workspace
    from fixloop.wiring import build_shelf

    shelf = build_shelf(repo, progress)
    result = evaluate_workspace(shelf, ref, against, suites or ())
    if html or markdown or junit:
        from fixloop.commands.report import report_evaluation
        from fixloop.wiring import write_file

        found = report_evaluation(shelf, result)
        file_reports(found, write_file, html=html, markdown=markdown, junit=junit)
    return answer(result, lambda page: _draw(page, result), as_json, 0 if result.good else 1)


def _draw(page: "Page", result: "Evaluated") -> None:
    from fixloop.report.evals import draw_comparisons, draw_coverage, draw_report

    only = None if result.against is None else result.fresh_failures
    draw_report(page, result.report, only, result.floors)
    if result.coverage is not None:
        draw_coverage(page, result.coverage)
    if result.against is not None:
        draw_comparisons(page, result.base or "", result.against)
