"""How far the leaves that tickets get have moved over many fixes, each of them small.

The Jensen-Shannon divergence to base 2 (Lin, IEEE Transactions on Information Theory 37, 1991): 0 for equal
distributions, 1 where nothing is shared. What fixes moved is added up on its own: tickets come and go, and
what customers ask about is not the fixes' doing.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

REVIEW_AT = 0.05
"""About what a new leaf does that takes a tenth of all tickets: time for a person to look at the whole."""

WINDOW = 50
"""How many landings back the oldest distribution is looked for."""

Shares = Mapping[str, float]


class Shift(NamedTuple):
    """How many stored tickets each leaf had before a change, and after it."""

    before: Mapping[str, int]
    after: Mapping[str, int]

    @property
    def moves(self) -> bool:
        """Whether any leaf has more or fewer."""
        return dict(self.before) != dict(self.after)

    def to_json(self) -> dict[str, dict[str, int]]:
        """As in the ledger."""
        names = sorted({*self.before, *self.after})
        return {"before": _sorted(self.before, names), "after": _sorted(self.after, names)}

    @staticmethod
    def from_json(value: Mapping[str, Mapping[str, int]]) -> "Shift":
        """Back from the ledger."""
        return Shift(dict(value["before"]), dict(value["after"]))


NO_SHIFT = Shift({}, {})


def _sorted(counts: Mapping[str, int], names: Sequence[str]) -> dict[str, int]:
    return {name: counts[name] for name in names if counts.get(name)}


def jensen_shannon(one: Shares, other: Shares) -> float:
    """The divergence of two distributions, 0…1 bits."""
    total = 0.0
    for name in sorted(one.keys() | other.keys()):
        p, q = one.get(name, 0.0), other.get(name, 0.0)
        middle = (p + q) / 2
        total += sum(share * math.log2(share / middle) / 2 for share in (p, q) if share > 0)
    return min(1.0, max(0.0, round(total, 9)))


def accumulated(shifts: Sequence[Shift]) -> float:
    """The divergence that changes, oldest first, make together; what goes and comes back makes none."""
    told = [shift for shift in shifts if sum(shift.before.values()) and sum(shift.after.values())]
    if not told:
        return 0.0
    start = _shares(told[0].before)
    end = dict(start)
    for shift in told:
        before, after = _shares(shift.before), _shares(shift.after)
        for name in before.keys() | after.keys():
            end[name] = end.get(name, 0.0) + after.get(name, 0.0) - before.get(name, 0.0)
    kept = {name: share for name, share in end.items() if share > 1e-12}
    whole = sum(kept.values())
    return jensen_shannon(start, {name: share / whole for name, share in kept.items()}) if whole else 1.0


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()}
