"""What one `cycle` did: the line for the log first, then what needs somebody."""

from fixloop.commands.cycle import CycleResult
from fixloop.report.page import Page, bad, name


def draw_cycle(page: Page, result: CycleResult) -> None:
    """The summary, then every fix that did not land and why."""
    page.line(result.summary)
    for one in result.prepared.failed:
        page.line(bad("not applied "), name(one.id), f": {one.detail}", indent=2, hang=4)
    for one in result.judged:
        if not one.verdict.passed:
            page.line(bad("refused "), name(one.id), f": {one.held}", indent=2, hang=4)
    for refused in result.refused:
        page.line(bad("refused "), name(refused.id), f": {refused.check}: {refused.detail}", indent=2, hang=4)
    if any(one.verdict.passed and one.held for one in result.judged):
        page.next("fixloop merge --passing")
    elif result.waiting:
        page.next("fixloop hints")
