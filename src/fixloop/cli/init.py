"""`fixloop init`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fixloop.cli.answering import answer, progress
from fixloop.cli.options import Json, verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fixloop.commands.init import FirstEval, Initialised, Source
    from fixloop.report.page import Page

app = verb()

Folder = Annotated[
    str | None, typer.Argument(metavar="DIR", help="Where it is to stand; made if missing [here].")
]
From = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="FILE", help="Labelled texts, CSV or JSON Lines: text, intent[, parent]; -: stdin."
    ),
]
Cases = Annotated[
    float, typer.Option("--cases", metavar="SHARE", help="The share of texts held back as eval cases.")
]
Thresholds = Annotated[
    str, typer.Option("--thresholds", metavar="RULE", help="auto: chosen within the examples; none.")
]


@app.command()
def init(
    folder: Folder = None,
    source: From = None,
    cases: Cases = 0.1,
    thresholds: Thresholds = "auto",
    as_json: Json = False,
    repo: Annotated[str, typer.Option("--repo", metavar="DIR", help="The same as DIR.")] = ".",
) -> int:
    """Make a workspace: a small one, or one from labelled texts.

    No file that is there already is changed. Nothing is committed: what to do next is told.
    """
    from fixloop.commands.init import init as command
    from fixloop.wiring import build_site

    site = build_site(folder or repo, progress)
    result = command(site, _read(source) if source else None, cases, thresholds)
    progress.done()
    return answer(result, lambda page: _draw(page, result), as_json, 0 if result.sound else 1)


def _read(name: str) -> "Source":
    from fixloop.commands.init import Source
    from fixloop.errors import BadInput, Place

    if name == "-":
        return Source("stdin", sys.stdin.buffer.read())
    try:
        return Source(name, Path(name).read_bytes())
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", place=Place(name)) from error


def _draw(page: "Page", made: "Initialised") -> None:
    """Counts, remarks, and the next commands."""
    from fixloop.report.page import warn
    from fixloop.workspace.text import count

    kept = f", {count(len(made.kept), 'file')} already there" if made.kept else ""
    page.line(f"{made.folder}: {count(len(made.written), 'file')} written{kept}")
    parents = f" below {count(made.parents, 'parent')}" if made.parents else ""
    page.fact(
        "intents", f"{count(made.leaves, 'leaf', 'leaves')}{parents}; plan_trees/ says what each answers"
    )
    page.fact("texts", f"{count(made.examples, 'example')}; {count(made.cases, 'eval case')} in evals/")
    for level, threshold in made.thresholds.items():
        page.fact("other", f"what scores below {threshold:g} at {level}")
    if made.first_eval:
        page.fact("eval", _said_of(made.first_eval))
    if made.personal:
        page.fact("personal", warn(_said_of_lines(made.personal)))
    for remark in _remarks(made):
        page.fact("note", remark)
    for problem in made.problems:
        page.fact("check", warn(str(problem.place)), f": {problem.message}")
    page.blank()
    page.next(*made.next)


def _said_of(first: "FirstEval") -> str:
    from fixloop.report.words import percent
    from fixloop.workspace.text import count

    share = percent(first.passed / first.cases)
    passed = f"{first.passed:,} of {count(first.cases, 'held-back case')} pass ({share})"
    if first.passed == first.cases:
        return passed
    mend = "It lists what fails: more examples for these leaves, or other labels, mend it"
    if not first.floor:
        return f"{passed}, too few to set a floor: `fixloop eval` ends with 1. {mend}"
    floor = "the floor in fixloop.yaml, below which `fixloop eval` ends with 1"
    return f"{passed}: {floor}. {mend}; then raise the floor"


def _said_of_lines(lines: "Sequence[int]") -> str:
    from fixloop.report.words import listed
    from fixloop.workspace.text import count

    texts = count(len(lines), "text holds", "texts hold")
    where = f"{'line' if len(lines) == 1 else 'lines'} {listed([*map(str, lines)])}"
    return (
        f"{texts} what looks like somebody's e-mail address or number, as in {where}. "
        "`init` replaces nothing, and looks for no names: take out what must not be committed"
    )


def _remarks(made: "Initialised") -> list[str]:
    from fixloop.workspace.text import count

    said = []
    if made.duplicates:
        said.append(f"{count(made.duplicates, 'row')} repeated a text: left out")
    if made.contested:
        rule = "each went where most of its rows say, among equals where the first says"
        said.append(f"{count(made.contested, 'text')} had more than one label: {rule}")
    if made.blank:
        said.append(f"{count(made.blank, 'row')} had no text: left out")
    return [*said, *made.notes]
