"""The smallest change of weights and threshold under which every lookup comes out right: an integer program.

A lookup is right when exactly its wanted records stand at the maximum (or within the margin of it) and reach
the threshold. Each such demand is linear in the weights, so the least change is the optimum of a small
integer program (HiGHS by way of scipy: Huangfu and Hall, Math. Prog. Comp. 10, 2018): first as few numbers
changed as may be, then by as little as may be. Where there is none, that is proved, not given up on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from fixloop.workspace.model import FetchRules

HIGHEST_WEIGHT = 20
FINEST = 100
A_NUMBER, RAISED = 100.0, 0.01
"""What touching one more number costs, and one step up against one down: what misled should say less. The
threshold is the other way round, and one number that all lookups have in common: it goes up at less."""

LEFT = 100_000.0
"""What a piece of evidence left wrong costs: more than any change."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One lookup to win: matched[record][signal] of 0/1, and which records must be selected."""

    matched: Any
    wanted: Any


@dataclass(frozen=True, slots=True)
class Change:
    """New values by signal index, and a new threshold or None."""

    weights: tuple[tuple[int, float], ...]
    threshold: float | None = None


def wins(lookup: Lookup, weights: Any, threshold: float, margin: float = 0.0) -> bool:
    """Whether exactly the wanted records are selected: the best at or above the threshold, with its ties."""
    if not len(lookup.wanted):
        return True
    return bool((chosen(lookup, weights, threshold, margin) == lookup.wanted).all())


def chosen(lookup: Lookup, weights: Any, threshold: float, margin: float = 0.0) -> Any:
    """Which records are selected: a mask over the lookup's records."""
    scores = lookup.matched @ weights
    top = scores.max()
    if top < threshold or top <= 0:
        return scores > top
    close = (scores >= top - 1e-9) | (scores > top - margin + 1e-9)
    return close & (scores >= threshold - 1e-9)


def smallest_change(
    rules: FetchRules,
    evidence: Sequence[Lookup],
    kept: Sequence[Lookup],
    enough: float = 1.0,
    present: Sequence[float] | None = None,
) -> Change | None:
    """The smallest change that wins `enough` of the evidence (a share) and keeps every other lookup.

    None where nothing need change, or where no weights and threshold do it. `present` are the weights of more
    signals than the rules have: 0 for one that is not there yet.
    """
    import numpy as np

    now = np.array([s.weight for s in rules.signals] if present is None else present, dtype=float)
    if all(wins(lookup, now, rules.threshold, rules.margin) for lookup in evidence):
        return None
    # A lookup that is wrong today is not kept by any change, and cannot be lost by one.
    right = [one for one in kept if wins(one, now, rules.threshold, rules.margin)]
    step = _step([*map(float, now), rules.threshold, rules.margin])
    program = _Program(now / step, rules.threshold / step, rules.margin / step)
    for lookup in right:
        program.demand(lookup)
    for lookup in evidence:
        program.wish(lookup)
    found = program.solve(int(np.ceil(enough * len(evidence) - 1e-9)))
    if found is None:
        return None
    weights, threshold = found[:-1] * step, float(found[-1] * step)
    changed = [(n, float(v)) for n, v in enumerate(weights) if abs(v - now[n]) > 1e-6]
    return Change(tuple(changed), threshold if abs(threshold - rules.threshold) > 1e-6 else None)


def _step(numbers: Iterable[float]) -> float:
    """The largest step in which all present numbers are whole, not finer than a hundredth."""
    parts = [Fraction(number).limit_denominator(FINEST).denominator for number in numbers]
    finest = 1
    for part in parts:
        finest = min(FINEST, finest * part // _common(finest, part))
    return 1.0 / finest


def _common(a: int, b: int) -> int:
    from math import gcd

    return gcd(a, b)


class _Program:
    """Rows of an integer program over [weights, threshold, changes up and down, touched, left wrong]."""

    def __init__(self, weights: Any, threshold: float, margin: float) -> None:
        self._weights, self._threshold, self._margin = weights, threshold, margin
        self._count = len(weights) + 1
        self._rows: dict[tuple[Any, ...], tuple[dict[int, float], float]] = {}
        self._left: list[int] = []
        self._size = 4 * self._count
        self._highest = max(
            HIGHEST_WEIGHT * max(1.0, float(max([*weights, threshold], default=1)) / 10), threshold
        )
        self._far = self._highest * self._count + self._highest + 10

    def demand(self, lookup: Lookup) -> None:
        """A lookup that must come out right."""
        self._ask(lookup, None)

    def wish(self, lookup: Lookup) -> None:
        """A lookup that may be left wrong at a cost."""
        self._left.append(self._new())
        self._ask(lookup, self._left[-1])

    def solve(self, enough: int) -> Any | None:
        """The weights and, last, the threshold; None where there is no solution."""
        import numpy as np
        from scipy.optimize import Bounds, LinearConstraint, milp

        cost, low, high = self._objective()
        self._link()
        if self._left:
            self._row(dict.fromkeys(self._left, -1.0), enough - len(self._left))
        matrix, floor = self._matrix()
        solved = milp(
            cost,
            integrality=np.ones(self._size),
            bounds=Bounds(low, high),
            constraints=LinearConstraint(matrix, floor, np.full(len(floor), np.inf)),
            options={"time_limit": 5.0, "mip_rel_gap": 0.0},
        )
        return None if solved.x is None or solved.status != 0 else np.round(solved.x[: self._count])

    # --- rows: sum of coefficients times variables >= floor ---------------------------------------------

    def _ask(self, lookup: Lookup, left: int | None) -> None:
        """Exactly the wanted records selected."""
        wanted, others = _distinct(lookup.matched[lookup.wanted]), _distinct(lookup.matched[~lookup.wanted])
        if not wanted:
            for other in others:
                self._below_threshold(other, left)
            return
        for one in wanted:
            self._at_least(one, None, 0.0, left)
            for twin in wanted:
                if twin != one:
                    # Ties stand level, or less than the margin apart.
                    self._at_least(one, twin, -max(0.0, self._margin - 1), left)
        for other in others:
            self._outdone(wanted, other, left)

    def _outdone(
        self, wanted: Sequence[tuple[float, ...]], other: tuple[float, ...], left: int | None
    ) -> None:
        """Another record is far enough behind every wanted one, or below the threshold."""
        gap = max(1.0, self._margin)
        if self._margin <= 1:
            for one in wanted:
                self._at_least(one, other, gap, left)
            return
        either = self._new()
        for one in wanted:
            self._at_least(one, other, gap, left, either)
        self._below_threshold(other, left, either)

    def _at_least(
        self,
        one: tuple[float, ...],
        other: tuple[float, ...] | None,
        gap: float,
        left: int | None,
        unless: int | None = None,
    ) -> None:
        """One record's score is at least another's (or the threshold) and a gap."""
        row = {n: a - (other[n] if other else 0.0) for n, a in enumerate(one)}
        if other is None:
            row[self._count - 1] = -1.0
        self._row({**row, **self._slack(left, unless)}, gap)

    def _below_threshold(self, other: tuple[float, ...], left: int | None, either: int | None = None) -> None:
        row = {n: -value for n, value in enumerate(other)} | {self._count - 1: 1.0}
        slack = self._slack(left, None)
        floor = 1.0
        if either is not None:
            slack[either] = -self._far
            floor -= self._far
        self._row({**row, **slack}, floor)

    def _slack(self, *choices: int | None) -> dict[int, float]:
        return {choice: self._far for choice in choices if choice is not None}

    def _row(self, row: dict[int, float], floor: float) -> None:
        kept = {n: value for n, value in row.items() if value}
        self._rows.setdefault((*sorted(kept.items()), floor), (kept, floor))

    def _new(self) -> int:
        self._size += 1
        return self._size - 1

    def _link(self) -> None:
        """Each number is what it is today, plus what goes up, less what goes down; a change touches it."""
        present = [*map(float, self._weights), self._threshold]
        for n, value in enumerate(present):
            up, down, touched = (n + k * self._count for k in (1, 2, 3))
            self._row({n: 1.0, up: -1.0, down: 1.0}, value)
            self._row({n: -1.0, up: 1.0, down: -1.0}, -value)
            self._row({touched: self._far, up: -1.0, down: -1.0}, 0.0)

    def _objective(self) -> tuple[Any, Any, Any]:
        import numpy as np

        cost, high = np.zeros(self._size), np.ones(self._size)
        count = self._count
        cost[count : 2 * count], cost[2 * count : 3 * count] = 1.0 + RAISED, 1.0
        cost[2 * count - 1] = 1.0 - RAISED
        cost[3 * count : 4 * count] = A_NUMBER * max(1.0, self._highest / HIGHEST_WEIGHT)
        cost[self._left] = LEFT
        high[: 3 * count] = self._highest
        low = np.zeros(self._size)
        low[count - 1] = min(1.0, self._threshold)
        return cost, low, high

    def _matrix(self) -> tuple[Any, Any]:
        import numpy as np
        from scipy.sparse import csr_matrix

        rows = list(self._rows.values())
        cells = [(r, n, value) for r, (row, _) in enumerate(rows) for n, value in row.items()]
        at, columns, values = zip(*cells, strict=True)
        matrix = csr_matrix((values, (at, columns)), shape=(len(rows), self._size))
        return matrix, np.array([floor for _, floor in rows])


def _distinct(matched: Any) -> list[tuple[float, ...]]:
    """The distinct records by what matched, in an order of their own."""
    return sorted({tuple(map(float, row)) for row in matched})
