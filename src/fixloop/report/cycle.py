"""What one `cycle` did: the line for the log first, then what needs somebody."""

from collections.abc import Mapping, Sequence

from fixloop.feedback.incoming import BadRow
from fixloop.report.feedback import draw_quarantine
from fixloop.report.page import Page, bad, name


def draw_cycle(
    page: Page,
    summary: str,
    troubles: Sequence[tuple[str, str, str]],
    next_step: str,
    quarantines: Mapping[str, Sequence[BadRow]],
) -> None:
    """The summary, then rows set aside, and (what happened, hint id, why) of every fix that did not land."""
    page.line(summary)
    for path, rows in quarantines.items():
        draw_quarantine(page, path, rows)
    for what, hint_id, why in troubles:
        page.line(bad(what), " ", name(hint_id), f": {why}", indent=2, hang=4)
    if next_step:
        page.next(next_step)
