"""`fixloop approve`."""

from fixloop.cli.answering import progress
from fixloop.cli.deciding import tell
from fixloop.cli.options import As, Ids, Json, Repo, verb

app = verb()


@app.command()
def approve(ids: Ids, who: As = None, as_json: Json = False, repo: Repo = ".") -> int:
    """Approve hints exactly as they stand."""
    from fixloop.commands.decide import approve as command
    from fixloop.wiring import build_desk

    return tell(command(build_desk(repo, progress), ids, who), as_json)
