"""`fixloop answer`."""

from typing import Annotated

import typer

from fixloop.cli.answering import progress
from fixloop.cli.deciding import tell
from fixloop.cli.options import As, Json, OneId, Repo, verb

app = verb()

Choice = Annotated[
    int, typer.Argument(metavar="CHOICE", help="The number of the answer, as `show` lists it.")
]


@app.command()
def answer(hint: OneId, choice: Choice, who: As = None, as_json: Json = False, repo: Repo = ".") -> int:
    """Answer a question; the reading becomes a hint to approve."""
    from fixloop.commands.decide import answer as command
    from fixloop.wiring import build_desk

    return tell(command(build_desk(repo, progress), hint, choice, who), as_json)
