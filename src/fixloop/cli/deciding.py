"""What `approve`, `reject`, `defer` and `answer` share: reading a reason, and telling what is decided."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from fixloop.cli.answering import answer

if TYPE_CHECKING:
    from fixloop.commands.decide import Decided
    from fixloop.report.page import Page

_ID = re.compile(r"h-\w*|[0-9a-f]{4,16}")

IdsAndText = Annotated[
    list[str], typer.Argument(metavar="ID", help="Hints; last, the reason in your own words.")
]


class Words(NamedTuple):
    """The ids of a command line, and the words that followed them."""

    ids: list[str]
    text: str


def split_text(words: Sequence[str]) -> Words:
    """`ID… --why CODE [TEXT]`: the last word is the text where it is no id and follows one."""
    *ids, last = words
    if ids and not _ID.fullmatch(last):
        return Words(ids, last)
    return Words([*ids, last], "")


def tell(result: "Decided", as_json: bool) -> int:
    """The decision as it stands on the record."""
    return answer(result, lambda page: _draw(page, result), as_json)


def _draw(page: "Page", result: "Decided") -> None:
    from fixloop.report.landing import draw_decided

    draw_decided(page, result.status, result.ids, result.unchanged, result.standings, result.rivals)
