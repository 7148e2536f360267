"""The ledger, a line an event, what it is about below."""

from collections.abc import Mapping, Sequence

from fixloop.hints.ledger import Event
from fixloop.report.page import Page, Part, bad, dim, good, name

_GOOD = frozenset({"approved", "merged"})
_BAD = frozenset({"rejected", "failed", "conflict", "reverted"})


def draw_log(
    page: Page, events: Sequence[Event], summaries: Mapping[str, str], names: Mapping[str, str]
) -> None:
    """Each event; a hint's summary where it is named first."""
    told: set[str] = set()
    for event in events:
        page.line(
            dim(event.at), "  ", _word(event), "  ", name(names.get(event.hint, event.hint)), *_by(event)
        )
        if event.hint not in told and event.hint in summaries:
            page.line(summaries[event.hint], indent=4, hang=4)
            told.add(event.hint)
        for line in _facts(event):
            page.line(dim(line), indent=4, hang=6)
    if not events:
        page.line("nothing is recorded yet")


def _word(event: Event) -> Part:
    if event.event in _GOOD:
        return good(event.event)
    return bad(event.event) if event.event in _BAD else event.event


def _by(event: Event) -> list[Part]:
    return ["  ", dim(event.who)] if event.who else []


def _facts(event: Event) -> list[str]:
    why = [f"{event.why['code']} {event.why.get('text', '')}".rstrip()] if event.why else []
    kept = ("check", "detail", "commit", "choice", "branch")
    if strengths := event.data.get("strengths"):
        why.append(", ".join(f"{leaf} {strength:.2f}" for leaf, strength in sorted(strengths.items())))
    return why + [f"{key}: {event.data[key]}" for key in kept if event.data.get(key)]
