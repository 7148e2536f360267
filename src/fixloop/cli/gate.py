"""`fixloop gate`."""

from typing import Annotated

import typer

from fixloop.cli.answering import answer, progress
from fixloop.cli.filing import HtmlFile, JunitFile, MarkdownFile, file_reports
from fixloop.cli.options import Allow, AskedOf, Json, Overridden, Reason, Repo, verb

app = verb()

Base = Annotated[str, typer.Argument(metavar="BASE", help="The branch or commit to merge into.")]
Head = Annotated[str, typer.Argument(metavar="HEAD", help="The branch or commit to judge.")]


@app.command()
def gate(
    base: Base,
    head: Head,
    allow: Allow = None,
    override: Overridden = None,
    why: Reason = "",
    heldout: AskedOf = None,
    html: HtmlFile = None,
    markdown: MarkdownFile = None,
    junit: JunitFile = None,
    as_json: Json = False,
    repo: Repo = ".",
) -> int:
    """The verdict on what merging HEAD into BASE would give.

    Nothing is merged. Exit code 1 when the verdict is fail.
    """
    from fixloop.commands.gate import gate as command
    from fixloop.report.verdicts import draw_verdict
    from fixloop.wiring import build_desk

    desk = build_desk(repo, progress)
    result = command(desk, base, head, allow, why, override or (), heldout)
    if html or markdown or junit:
        from fixloop.commands.report import report_trial

        found = report_trial(desk, result.trial, result.verdict, f"{head} into {base}")
        file_reports(found, desk.write, html=html, markdown=markdown, junit=junit)
    code = 0 if result.verdict.passed else 1
    return answer(result, lambda page: draw_verdict(page, result.verdict, result.asked), as_json, code)
