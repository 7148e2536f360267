"""How rejections are read: what was tried, what spoke for each reading, why a person is asked."""

from collections.abc import Sequence

from fixloop.propose.evidence.memory import Suggestion
from fixloop.propose.explain import Explained, Told
from fixloop.report.page import Page, dim, good, name, strong, warn
from fixloop.workspace.improver import IMPROVER
from fixloop.workspace.text import count


def draw_explained(page: Page, explained: Sequence[Explained], closed: Sequence[str] = ()) -> None:
    """A block a rejection: its words, how many changes were tried, the readings with what speaks for each.

    `closed` are rejections that have a hint or a decision, and are read where they are named.
    """
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
    if closed:
        have = count(len(closed), "rejection has", "rejections have")
        page.line(
            f"{have} a hint or a decision: name those you want to see (fixloop show ID lists those of a hint)"
        )
    see = [f"fixloop propose --explain {closed[0]}"] if closed else []
    page.next(*(["fixloop propose", *see] if explained else see or ["fixloop propose"]))


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
