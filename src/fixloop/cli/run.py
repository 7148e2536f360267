"""`fixloop run`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from fixloop.cli.answering import complain, progress, write_json, write_page
from fixloop.cli.options import Json, Ref, Repo, verb

if TYPE_CHECKING:
    from fixloop.commands.run import BadLine, Proposed
    from fixloop.report.page import Page

app = verb()

_TOLD = 5
"""Lines that are no tickets; more of them are counted, since then the file is another one."""

File = Annotated[
    str | None, typer.Argument(metavar="FILE", help="Tickets, one JSON object a line; - or nothing: stdin.")
]
Text = Annotated[
    str | None, typer.Option("--text", metavar="TEXT", help="One ticket's text instead of a file.")
]


@app.command()
def run(
    file: File = None, text: Text = None, ref: Ref = None, as_json: Json = False, repo: Repo = "."
) -> int:
    """Propose an answer to each ticket, and show why.

    With --json a line a ticket, in the order of the file. Exit code 1 when a line is no ticket.
    """
    from fixloop.commands.run import run_text, run_tickets
    from fixloop.errors import BadInput
    from fixloop.wiring import build_shelf, open_lines

    if text is not None and file is not None:
        raise BadInput("one or the other: --text, or a file of tickets")
    shelf = build_shelf(repo, progress)
    if text is not None:
        _write([run_text(shelf, text, ref)], as_json, first=True)
        return 0
    bad = done = 0
    with open_lines(file) as lines:
        for batch in run_tickets(shelf, lines, file or "-", ref):
            progress.done()
            bad += _write(batch, as_json, first=not done, told=bad)
            done += len(batch)
            progress(f"{done} tickets")
    progress.done()
    return _end(done, bad, as_json)


def _write(batch: "list[Proposed | BadLine]", as_json: bool, first: bool, told: int = 0) -> int:
    """Print a batch; how many of its lines were no tickets; `told` were so before it."""
    from fixloop.commands.run import BadLine

    answers = [one for one in batch if not isinstance(one, BadLine)]
    if as_json:
        for one in answers:
            write_json(one.to_json())
    elif answers:
        write_page(lambda page: _draw(page, answers, first))
    wrong = [one for one in batch if isinstance(one, BadLine)]
    for line in wrong[: max(_TOLD - told, 0)]:
        complain(f"{line.place}: {line.message}", line.mend)
    sys.stdout.flush()
    return len(wrong)


def _draw(page: "Page", answers: "list[Proposed]", first: bool) -> None:
    from fixloop.report.proposals import draw_proposal

    for number, one in enumerate(answers):
        if number or not first:
            page.rule()
        draw_proposal(page, one.ticket, one.proposal)


def _end(done: int, bad: int, as_json: bool) -> int:
    if not done and not as_json:
        print("no tickets: nothing to do")
    if bad:
        rest = f"; the first {_TOLD} are told" if bad > _TOLD else ""
        reads = "run reads JSON Lines, a ticket a line" if bad == done else ""
        complain(f"{bad} of {done} lines were no tickets and were left out{rest}", reads)
    return 1 if bad else 0
