"""A behaviour diff: the sum first, then who moves from where to where, and what each leaf gains or loses."""

from collections.abc import Sequence
from itertools import groupby

from fixloop.feedback.moves import Move, Share, Shift
from fixloop.report.page import Page, dim, name, strong
from fixloop.workspace.text import count, shown

_QUOTED = 120


def draw_diff_of(page: Page, base: str, head: str, shift: Shift, limit: int) -> None:
    """At most `limit` tickets and as many leaves; what is left out is counted."""
    page.line(strong(f"{len(shift.moves)} of {count(shift.tickets, 'stored ticket')}"), " ", *_moved(shift))
    page.fact("from", name(base[:12]), dim(" to "), name(head[:12]))
    if not shift.tickets:
        page.line(dim("the record holds no ticket that can be replayed: fixloop ingest FILE"), indent=2)
        return
    page.fact("shift", f"{shift.divergence:.4f} bits between the leaf distributions (Jensen–Shannon, base 2)")
    shown_moves = shift.moves[:limit]
    for (step, source, target), moves in groupby(shown_moves, key=lambda one: (one.step, *_places(one))):
        _draw_group(page, step, source, target, list(moves))
    if len(shift.moves) > limit:
        page.line(dim(f"and {len(shift.moves) - limit} more: --limit N, or --json for all"))
    _draw_shares(page, [one for one in shift.shares if one.left or one.came], limit)


def _moved(shift: Shift) -> list[str]:
    steps = ", ".join(f"{step} {number}" for step, number in shift.steps.items())
    return ["get another proposal", f" (first at {steps})" if steps else ""]


def _places(move: Move) -> tuple[str, str]:
    return move.source, move.target


def _draw_group(page: Page, step: str, source: str, target: str, moves: Sequence[Move]) -> None:
    page.blank()
    to = [dim(" stays, with other content")] if source == target else [dim(" → "), target]
    page.line(strong(step), "  ", source, *to, dim(f"  ({len(moves)})"), hang=2)
    for move in moves:
        page.line(name(move.id[:11]), " ", shown(move.text, _QUOTED), indent=2, hang=4)


def _draw_shares(page: Page, shares: Sequence[Share], limit: int) -> None:
    if not shares:
        return
    page.blank()
    page.line(strong("tickets a leaf"), dim("  before → after (left, came)"))
    page.table(
        [
            (
                one.leaf,
                str(one.before),
                dim("→"),
                str(one.after),
                _change(one),
                dim(f"-{one.left} +{one.came}"),
            )
            for one in shares[:limit]
        ],
        right=(1, 3),
    )
    if len(shares) > limit:
        page.line(dim(f"and {count(len(shares) - limit, 'more leaf', 'more leaves')}"), indent=2)


def _change(one: Share) -> str:
    found = one.after - one.before
    return f"{found:+d}" if found else "="
