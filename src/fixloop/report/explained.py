"""How rejections are read: what was tried, what spoke for each reading, why a person is asked."""

from collections.abc import Sequence

from fixloop.propose.evidence.memory import Suggestion
from fixloop.propose.explain import Explained, Told
from fixloop.report.page import Page, dim, good, name, strong, warn
from fixloop.workspace.improver import IMPROVER
from fixloop.workspace.text import count


def draw_explained(page: Page, explained: Sequence[Explained]) -> None:
    """A block a rejection: its words, how many changes were tried, the readings with what speaks for each."""
    for one in explained:
        page.line(name(one.feedback.id), "  ", dim(one.place))
        page.quote(one.feedback.fixture.ticket.customer_text)
        for said in (one.feedback.comment, *one.feedback.notes):
            if said:
                page.line("staff: ", said, indent=2)
        tried = ", ".join(f"{number} {step}" for step, number in one.tried.items())
        page.line(dim(f"tried {count(sum(one.tried.values()), 'change')}: {tried}"), indent=2)
        for reading in one.readings:
            _draw_reading(page, reading)
        page.line((good if one.clear else warn)(one.why), indent=2)
        page.blank()
    page.line(f"{count(len(explained), 'rejection')} read; nothing was kept")
    page.next("fixloop propose")


def _draw_reading(page: Page, reading: Told) -> None:
    page.line(strong(f"{reading.probability:.2f}"), f"  {reading.says}", indent=2, hang=8)
    spoke = ", ".join(f"{kind} {nats:+.1f}" for kind, nats in reading.evidence.items())
    alone = f"alone {reading.alone:.2f}; " if abs(reading.alone - reading.probability) >= 0.05 else ""
    page.line(dim(f"{reading.step}: {alone}{spoke}"), indent=8)


def draw_priors(page: Page, suggestion: Suggestion) -> None:
    """The suggested file, to be committed by a person."""
    page.line(f"From {count(suggestion.decisions, 'decision')}; fixloop changes nothing here by itself.")
    page.blank()
    page.exact(suggestion.render(), indent=2)
    page.blank()
    page.line(f"To take it over, write it to {IMPROVER} and commit it in the judge lane.")
    page.next("fixloop gate BASE HEAD --allow judge --why TEXT")
