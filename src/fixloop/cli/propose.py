"""`fixloop propose`."""

from typing import TYPE_CHECKING, Annotated

import typer

from fixloop.cli.answering import answer, progress
from fixloop.cli.options import Json, Onto, Repo, verb

if TYPE_CHECKING:
    from fixloop.commands.propose import ExplainResult, PriorsResult, ProposeResult
    from fixloop.report.page import Page

app = verb()

SomeFeedback = Annotated[
    list[str] | None,
    typer.Argument(metavar="FB", help="With --explain: rejections; the first characters are enough."),
]
Explain = Annotated[
    bool, typer.Option("--explain", help="Show what was tried on each rejection and what spoke for it.")
]
Priors = Annotated[
    bool,
    typer.Option("--priors", help="Print the improver.yaml that past decisions suggest; commit it yourself."),
]


@app.command()
def propose(
    feedback: SomeFeedback = None,
    explain: Explain = False,
    priors: Priors = False,
    onto: Onto = None,
    as_json: Json = False,
    repo: Repo = ".",
) -> int:
    """Diagnose new rejections into hints, try each, rank them."""
    from fixloop.commands import propose as commands
    from fixloop.wiring import build_desk

    _refuse_both(feedback, explain, priors)
    desk = build_desk(repo, progress)
    if explain:
        told = commands.explain(desk, feedback or [], onto)
        return answer(told, lambda page: _draw_explained(page, told), as_json)
    if priors:
        suggested = commands.priors(desk, onto)
        return answer(suggested, lambda page: _draw_priors(page, suggested), as_json)
    result = commands.propose(desk, onto)
    return answer(result, lambda page: _draw(page, result), as_json)


def _refuse_both(feedback: list[str] | None, explain: bool, priors: bool) -> None:
    from fixloop.errors import BadInput

    if explain and priors:
        raise BadInput("--explain and --priors are two questions", mend="ask one after the other")
    if feedback and not explain:
        raise BadInput(f"propose takes no {feedback[0]!r}", mend=f"fixloop propose --explain {feedback[0]}")


def _draw(page: "Page", result: "ProposeResult") -> None:
    from fixloop.report.hints import draw_proposed

    shown = (result.hints, result.statuses, result.names)
    draw_proposed(page, *shown, result.dropped, result.ended, result.stakes, result.chosen)


def _draw_explained(page: "Page", result: "ExplainResult") -> None:
    from fixloop.report.explained import draw_explained

    draw_explained(page, result.explained, result.closed)


def _draw_priors(page: "Page", result: "PriorsResult") -> None:
    from fixloop.report.explained import draw_priors

    draw_priors(page, result.suggestion)
