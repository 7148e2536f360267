"""`fixloop defer`."""

from fixloop.cli.answering import progress
from fixloop.cli.deciding import IdsAndText, split_text, tell
from fixloop.cli.options import As, Json, Repo, WhyCode, verb

app = verb()


@app.command()
def defer(ids: IdsAndText, why: WhyCode, who: As = None, as_json: Json = False, repo: Repo = ".") -> int:
    """Put hints off: they stay in the queue, last."""
    from fixloop.commands.decide import Why
    from fixloop.commands.decide import defer as command
    from fixloop.wiring import build_desk

    words = split_text(ids)
    return tell(command(build_desk(repo, progress), words.ids, Why(why, words.text), who), as_json)
