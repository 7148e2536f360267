"""A confusion matrix that stays readable: small ones whole, large ones by parent, and the pairs as a list."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fixloop.workspace.model import IntentDag, is_other

Confusion = Mapping[str, Mapping[str, int]]
"""Right leaf to chosen leaf to count, as `intent` metrics hold it."""

WHOLE = 16
"""Up to so many leaves, one matrix shows all."""
MOST = 24
"""No matrix is wider."""
ELSEWHERE = "elsewhere"
LEVELS = 6


class Pair(NamedTuple):
    """A leaf that was taken for another, how often, and of how many."""

    right: str
    chosen: str
    times: int
    of: int


class Cell(NamedTuple):
    """A count, its level of 0 to 6 by the share of its row, and whether it is a right answer."""

    times: int
    level: int
    right: bool


@dataclass(frozen=True, slots=True)
class Heat:
    """One matrix: a row a right leaf (or group), a column a chosen one."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    wrong: int
    left_out: int = 0


def confused_pairs(confusion: Confusion) -> tuple[Pair, ...]:
    """Every wrong choice that occurred, most frequent first."""
    pairs = [
        Pair(right, chosen, times, sum(row.values()))
        for right, row in confusion.items()
        for chosen, times in row.items()
        if chosen != right
    ]
    return tuple(sorted(pairs, key=lambda one: (-one.times, one.right, one.chosen)))


def heat_maps(confusion: Confusion, dag: IntentDag | None) -> tuple[Heat, ...]:
    """One matrix of all leaves where they are few; else one of parents, then one a parent, worst first."""
    labels = _labels(confusion)
    if len(labels) <= WHOLE or dag is None:
        return (_heat("all leaves", confusion, labels, labels),) if labels else ()
    group = _grouping(dag)
    groups = sorted({group(label) for label in labels})
    maps = [_heat("parents", _pooled(confusion, group), groups, groups)] if len(groups) > 1 else []
    for name in groups:
        inside = [label for label in labels if group(label) == name]
        rows = [label for label in inside if label in confusion]
        if rows and len(inside) > 1:
            kept = {label: _narrowed(confusion[label], frozenset(inside)) for label in rows}
            maps.append(_heat(name, kept, rows, [*inside, ELSEWHERE]))
    return tuple(maps[:1] + sorted(maps[1:], key=lambda one: (-one.wrong, one.title)))


def _grouping(dag: IntentDag) -> Callable[[str], str]:
    """A leaf's top-level intent by its first parents; `other` of the root is a group of its own."""

    def top(label: str) -> str:
        seen = {label}
        while parents := [one for one in dag.parents_of(label) if one != "root"]:
            label = parents[0]
            if label in seen:
                return label
            seen.add(label)
        return label

    return top


def _labels(confusion: Confusion) -> list[str]:
    named = {*confusion, *(chosen for row in confusion.values() for chosen in row)}
    return sorted(named, key=lambda label: (is_other(label), label))


def _pooled(confusion: Confusion, group: Callable[[str], str]) -> Confusion:
    """Rights are whatever stays within a group; a group that errs only inside itself looks right here."""
    pooled: dict[str, Counter[str]] = defaultdict(Counter)
    for right, row in confusion.items():
        for chosen, times in row.items():
            pooled[group(right)][group(chosen)] += times
    return pooled


def _narrowed(row: Mapping[str, int], inside: frozenset[str]) -> dict[str, int]:
    kept = Counter({chosen: times for chosen, times in row.items() if chosen in inside})
    kept[ELSEWHERE] += sum(times for chosen, times in row.items() if chosen not in inside)
    return dict(kept)


def _heat(title: str, confusion: Confusion, rows: Iterable[str], columns: Sequence[str]) -> Heat:
    present = [row for row in rows if row in confusion]
    errors = {row: sum(confusion[row].values()) - confusion[row].get(row, 0) for row in present}
    wrong = sum(errors.values())
    kept = present
    if len(present) > MOST:
        worst = frozenset(sorted(present, key=lambda row: (-errors[row], row))[:MOST])
        kept = [row for row in present if row in worst]
    used = _columns(confusion, kept, columns)
    cells = tuple(tuple(_cell(confusion[row], row, column) for column in used) for row in kept)
    return Heat(title, tuple(kept), tuple(used), cells, wrong, len(present) - len(kept))


def _columns(confusion: Confusion, rows: Sequence[str], columns: Sequence[str]) -> list[str]:
    """The rows' own columns, and those most chosen beside them, in the order they came."""
    if len(columns) <= MOST + 1:
        return list(columns)
    chosen = Counter({column: sum(confusion[row].get(column, 0) for row in rows) for column in columns})
    spare = sorted((one for one in columns if one not in rows and chosen[one]), key=lambda one: -chosen[one])
    wanted = frozenset(rows) | frozenset(spare[: max(4, MOST - len(rows))])
    return [column for column in columns if column in wanted]


def _cell(row: Mapping[str, int], right: str, column: str) -> Cell:
    times, total = row.get(column, 0), sum(row.values())
    share = times / total if total else 0.0
    return Cell(times, min(LEVELS, int(share * LEVELS) + 1) if times else 0, right == column)
