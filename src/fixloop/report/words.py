"""Small phrases that several pages share."""

from collections.abc import Sequence

A_REASON = ' --allow judge --why "…"'
"""What a person says beside a merge of what decides."""


def listed(items: Sequence[str], most: int = 5) -> str:
    """The first few of some names, and how many more there are."""
    rest = len(items) - most
    return ", ".join(items[:most]) + (f" and {rest} more" if rest > 0 else "")


def of_tickets(ids: Sequence[str]) -> str:
    """`ticket T-1`, `tickets T-1, T-2, T-3 and 4 more`."""
    return f"{'ticket' if len(ids) == 1 else 'tickets'} {listed(ids, 3)}"


def percent(share: float) -> str:
    """A share of 1 as a person reads it; 100 % only when it is all."""
    text = f"{100 * share:.1f} %"
    return "99.9 %" if text == "100.0 %" and share < 1 else text


def past_the_check(check: str, hint: str) -> str:
    """The command that deals with what a check said of a hint."""
    if check == "identity":
        return f"fixloop approve {hint} --as NAME"
    return f"fixloop hint edit {hint}" if check == "copying" else f"fixloop show {hint}"
