"""A hint as a specification: plain sections that can be pasted into a ticket."""

from collections.abc import Sequence

from fixloop.hints.model import Hint
from fixloop.report.cases import draw_cases
from fixloop.report.page import Page, bad, dim, good, strong
from fixloop.workspace.columns import NO_COLUMNS, Columns

_MOST = 8
_QUOTED = 400

Told = tuple[str, str, str, str]
"""A piece of evidence: its id, the customer's text, what was proposed, what staff said."""


def draw_spec(
    page: Page,
    hint: Hint,
    status: str,
    told: Sequence[Told],
    steps: Sequence[str],
    columns: Columns = NO_COLUMNS,
) -> None:
    """What should happen, what happens, who says so, and which cases say that it is done."""
    page.line(strong(hint.summary))
    page.line(dim(f"{hint.id}  {hint.step}  {hint.target}  {status}"))
    page.blank()
    _draw_evidence(page, told)
    if steps:
        page.line(strong("Edits"))
        for step in steps:
            page.line("- ", step, indent=2, hang=4)
        page.blank()
    draw_cases(page, "Done when these pass, which fail today", hint.cases, hint.near_misses, columns)
    draw_cases(page, "And these stay as they are", hint.near_misses, hint.cases, columns)
    page.blank()
    for work in hint.open_work:
        page.line("open: ", work, hang=6)


def _draw_evidence(page: Page, told: Sequence[Told]) -> None:
    page.line(strong("Evidence"), f" ({len(told)})")
    for key, text, proposed, comment in told[:_MOST]:
        page.line(dim(key), indent=2)
        page.quote(text[:_QUOTED], indent=4)
        page.line(bad("proposed "), proposed, indent=4)
        page.line(good("staff    "), comment or "nothing in words", indent=4)
    if len(told) > _MOST:
        page.line(dim(f"and {len(told) - _MOST} more; --json has all of them"), indent=2)
    page.blank()
