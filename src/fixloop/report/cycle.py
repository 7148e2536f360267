"""What one `cycle` did: the line for the log first, then what needs somebody."""

from collections.abc import Mapping, Sequence

from fixloop.feedback.incoming import BadRow
from fixloop.report.feedback import Slips, draw_quarantine, draw_slips
from fixloop.report.page import Page, bad, name


def draw_cycle(
    page: Page,
    summary: str,
    troubles: Sequence[tuple[str, str, str]],
    next_step: str,
    quarantines: Mapping[str, Sequence[BadRow]],
    slips: Slips,
) -> None:
    """The summary, then what is wrong with rows, and (what happened, hint id, why) of fixes that fell."""
    page.line(summary)
    draw_slips(page, slips)
    for path, rows in quarantines.items():
        draw_quarantine(page, path, rows)
    for what, hint_id, why in troubles:
        page.line(bad(what), " ", name(hint_id), f": {why}", indent=2, hang=4)
    if next_step:
        page.next(next_step)
