"""What one `cycle` did: the line for the log first, then what needs somebody."""

from collections.abc import Sequence

from fixloop.report.page import Page, bad, name


def draw_cycle(page: Page, summary: str, troubles: Sequence[tuple[str, str, str]], next_step: str) -> None:
    """The summary, then (what happened, hint id, why) of every fix that did not come through."""
    page.line(summary)
    for what, hint_id, why in troubles:
        page.line(bad(what), " ", name(hint_id), f": {why}", indent=2, hang=4)
    if next_step:
        page.next(next_step)
