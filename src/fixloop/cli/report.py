"""`fixloop report`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fixloop.cli.answering import answer, progress
from fixloop.cli.filing import write_report
from fixloop.cli.options import Json, Ref, Repo, verb

if TYPE_CHECKING:
    from fixloop.commands.desk import Desk
    from fixloop.commands.report import Reported

app = verb()

Base = Annotated[str | None, typer.Argument(metavar="BASE", help="The branch or commit to merge into.")]
Head = Annotated[str | None, typer.Argument(metavar="HEAD", help="The branch or commit to judge.")]
Out = Annotated[str | None, typer.Option("--out", metavar="FILE", help="Where to write it; - is stdout.")]
Format = Annotated[
    str | None,
    typer.Option("--format", metavar="F", help="html, markdown, junit or json [as FILE is called]."),
]

Guard = Annotated[
    str, typer.Option("--guard", metavar="FAULTS", help="quick: all steps but the first; all; none.")
]


@app.command()
def report(
    base: Base = None,
    head: Head = None,
    ref: Ref = None,
    out: Out = None,
    form: Format = None,
    guard: Guard = "quick",
    as_json: Json = False,
    repo: Repo = ".",
) -> int:
    """One page on a merge (BASE HEAD) or on a workspace.

    Verdict, change, suites, drift, guard strength, trends.

    HTML goes to .git/fixloop/report.html unless --out says where; the other formats go to stdout. Exit code 0
    whatever the verdict: gate is the one to ask.
    """
    from fixloop.commands.report import report_merge, report_workspace
    from fixloop.report.files import format_for, render
    from fixloop.report.summary import verdict_sentence
    from fixloop.wiring import build_desk

    _one_thing(base, head, ref)
    chosen = format_for(form, out, as_json)
    desk = build_desk(repo, progress)
    found = report_merge(desk, base, head, guard) if base and head else report_workspace(desk, ref, guard)
    target = _target(desk, out, chosen)
    if target is None:
        return _print(found, chosen)
    write_report(desk.write, target, render(found, chosen), make_folder=out is None)
    return answer(
        found, lambda page: page.line(verdict_sentence(found), f" The page: {target}", hang=2), False
    )


def _one_thing(base: str | None, head: str | None, ref: str | None) -> None:
    from fixloop.errors import BadInput

    if base and not head:
        raise BadInput(
            "BASE without HEAD: a merge has two sides", mend="fixloop report BASE HEAD, or --ref REF"
        )
    if base and ref:
        raise BadInput("a merge or a workspace, not both", mend="fixloop report BASE HEAD, or --ref REF")


def _target(desk: "Desk", out: str | None, chosen: str) -> Path | None:
    """Where the report goes; None is stdout. Nothing is put into a checkout that nobody named."""
    if out is None:
        return desk.repo.common_dir / "fixloop" / "report.html" if chosen == "html" else None
    return None if out == "-" else Path(out)


def _print(found: "Reported", chosen: str) -> int:
    import sys

    from fixloop.report.files import render

    progress.done()
    letters = sys.stdout.encoding or "utf-8"
    # Every format but JSON, which is ASCII, knows character references.
    sys.stdout.write(render(found, chosen).encode(letters, "xmlcharrefreplace").decode(letters))
    return 0
