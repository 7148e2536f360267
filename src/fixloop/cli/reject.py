"""`fixloop reject`."""

from fixloop.cli.answering import progress
from fixloop.cli.deciding import IdsAndText, split_text, tell
from fixloop.cli.options import As, Json, Repo, WhyCode, verb

app = verb()


@app.command()
def reject(ids: IdsAndText, why: WhyCode, who: As = None, as_json: Json = False, repo: Repo = ".") -> int:
    """Reject hints; the idea comes back only with twice the support."""
    from fixloop.commands.decide import Why
    from fixloop.commands.decide import reject as command
    from fixloop.wiring import build_desk

    words = split_text(ids)
    return tell(command(build_desk(repo, progress), words.ids, Why(why, words.text), who), as_json)
