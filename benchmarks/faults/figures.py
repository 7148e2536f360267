"""From outcomes to the issue's table, with Wilson intervals, and to rows by kind, world and manner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import sqrt
from typing import Any

from measure import ASKED, IDLE, NAMED, WAITING, Judged, Outcome
from staff import CRYPTIC

TELLING = ("wish", "happened", "precise", "corrected")
NOISE = ("wrong", "contradicted")


def share(hits: int, of: int) -> dict[str, Any]:
    """Hits of all with a 95 % Wilson interval, in per cent."""
    if not of:
        return {"hits": 0, "of": 0, "percent": None, "low": None, "high": None}
    p, z = hits / of, 1.96
    centre = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z * sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    low, high = 100 * max(0.0, centre - half), 100 * min(1.0, centre + half)
    return {
        "hits": hits,
        "of": of,
        "percent": round(100 * p, 1),
        "low": round(low, 1),
        "high": round(high, 1),
    }


def headline(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures of the issue's table, by name."""
    told = _rows(outcomes, lambda o, r: r.manner in TELLING)
    alone = _rows(outcomes, lambda o, r: o.manner == "cryptic alone")
    many = _rows(outcomes, lambda o, r: o.manner == "cryptic many" and r.manner == CRYPTIC)
    tops = [o.top for o in outcomes if o.manner not in ("cryptic alone", "cryptic many") and o.top]
    telling = [o for o in outcomes if o.manner in TELLING]
    harm = [effect for o in outcomes for effect in o.harm]
    return {
        "step right, telling": _share(told, lambda r: r.step_right),
        "step right, telling, by name only": _share(told, lambda r: r.strict_step),
        "kind and target right, telling": _share(told, lambda r: r.target_right),
        "kind and target right, by name only": _share(told, lambda r: r.strict_target),
        "telling: named": _share(told, lambda r: r.verdict == NAMED),
        "telling: named with operations": _share(told, lambda r: r.written),
        "telling: asked": _share(told, lambda r: r.verdict == ASKED),
        "telling: truth in top 3": _share(told, lambda r: r.in_top),
        "cryptic alone: named": _share(alone, lambda r: r.verdict == NAMED),
        "cryptic alone: named right": _share(alone, lambda r: r.verdict == NAMED and r.target_right),
        "cryptic alone: named or asked": _share(alone, lambda r: r.verdict in (NAMED, ASKED)),
        "cryptic alone: truth in top 3": _share(alone, lambda r: r.in_top),
        "cryptic, three or more: named": _share(many, lambda r: r.verdict == NAMED),
        "cryptic, three or more: named right": _share(many, lambda r: r.verdict == NAMED and r.target_right),
        "cryptic, three or more: named with operations": _share(many, lambda r: r.written),
        "cryptic, three or more: truth in top 3": _share(many, lambda r: r.in_top),
        "unseen restored, top hint approved": share(sum(t.restored for t in tops), sum(t.of for t in tops)),
        "scenarios fully restored (telling)": share(
            sum(bool(o.top and o.top.whole) for o in telling), len(telling)
        ),
        "scenarios with a top hint (telling)": share(sum(bool(o.top) for o in telling), len(telling)),
        "hints with net harm": share(sum(e.worse > e.restored for e in harm), len(harm)),
        "unseen made worse": share(sum(e.worse for e in harm), sum(e.others for e in harm)),
        "noise led to a clear hint": share(
            sum(o.noise_clear for o in outcomes), sum(o.noise for o in outcomes)
        ),
        **_confidence(outcomes),
        "seconds a scenario": round(sum(o.seconds for o in outcomes) / max(1, len(outcomes)), 3),
        "scenarios": len(outcomes),
        "faults": len({o.fault for o in outcomes}),
        "errors": sum(bool(o.error) for o in outcomes),
    }


def _rows(outcomes: Iterable[Outcome], keep: Callable[[Outcome, Judged], bool]) -> list[Judged]:
    return [r for o in outcomes for r in o.rejections if r.truth == "planted" and keep(o, r)]


def _share(rows: Sequence[Judged], test: Callable[[Judged], bool]) -> dict[str, Any]:
    return share(sum(map(test, rows)), len(rows))


def _confidence(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Calibration error over 10 bins of equal mass, and AUROC, of stated confidence; asked ones count."""
    said = sorted(
        (r.confidence, r.target_right)
        for o in outcomes
        for r in o.rejections
        if r.confidence is not None and r.truth != "second"
    )
    if not said:
        return {}
    return {"calibration error": calibration_error(said), "AUROC": _auroc(said), "stated": len(said)}


def calibration_error(said: Sequence[tuple[float, bool]]) -> float:
    """The mean gap between confidence and what was right, over 10 bins of equal mass.

    What is stated alike counts as right as often wherever a bin ends: a tie is in no order.
    """
    ties: dict[float, list[bool]] = defaultdict(list)
    for confidence, right in said:
        ties[confidence].append(right)
    even = [(one, sum(rights) / len(rights)) for one, rights in sorted(ties.items()) for _ in rights]
    bins = [even[len(even) * n // 10 : len(even) * (n + 1) // 10] for n in range(10)]
    gaps = [abs(sum(c for c, _ in one) - sum(r for _, r in one)) for one in bins]
    return round(sum(gaps) / len(even), 3)


def _auroc(said: Sequence[tuple[float, bool]]) -> float | None:
    """Probability that a right one is stated higher than a wrong one, ties half (Mann and Whitney, 1947)."""
    ranks: dict[float, list[int]] = defaultdict(list)
    for rank, (confidence, _) in enumerate(said, 1):
        ranks[confidence].append(rank)
    right = [sum(ranks[c]) / len(ranks[c]) for c, r in said if r]
    wrong = len(said) - len(right)
    if not right or not wrong:
        return None
    return round((sum(right) - len(right) * (len(right) + 1) / 2) / (len(right) * wrong), 3)


def breakdown(outcomes: Sequence[Outcome], by: Callable[[Outcome], str]) -> dict[str, dict[str, Any]]:
    """The chief figures of each group of outcomes."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        groups[by(one)].append(one)
    return {name: _chief(found) for name, found in sorted(groups.items())}


def _chief(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    rows = _rows(outcomes, lambda o, r: True)
    tops = [o.top for o in outcomes if o.top]
    return {
        "faults": len({o.fault for o in outcomes}),
        "rejections": len(rows),
        **{v: _share(rows, lambda r, v=v: r.verdict == v)["percent"] for v in (NAMED, ASKED, IDLE, WAITING)},  # type: ignore[misc]
        "step": _share(rows, lambda r: r.step_right)["percent"],
        "target": _share(rows, lambda r: r.target_right)["percent"],
        "top 3": _share(rows, lambda r: r.in_top)["percent"],
        "restored": share(sum(t.restored for t in tops), sum(t.of for t in tops))["percent"],
        "whole": share(sum(t.whole for t in tops), len(outcomes))["percent"],
    }


def print_table(outcomes: Sequence[Outcome]) -> None:
    """The headline, then kinds, steps, worlds and manners."""
    for name, value in headline(outcomes).items():
        if isinstance(value, Mapping):
            shown = f"{value['percent']} % [{value['low']}, {value['high']}] of {value['of']}"
            print(f"{name:<42}{shown if value['of'] else '–'}")
        else:
            print(f"{name:<42}{value}")
    for title, by in (
        ("kind", lambda o: o.kind),
        ("manner", lambda o: o.manner),
        ("world", lambda o: o.world),
    ):
        _print_group(title, breakdown(outcomes, by))


def _print_group(title: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    columns = list(next(iter(rows.values())))
    print(f"\n{title:<20}" + "".join(f"{name:>11}" for name in columns))
    for name, row in rows.items():
        cells = ("–" if row[c] is None else str(row[c]) for c in columns)
        print(f"{name:<20}" + "".join(f"{cell:>11}" for cell in cells))


def to_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Everything, for `--out`."""
    return {
        "headline": headline(outcomes),
        "kind": breakdown(outcomes, lambda o: o.kind),
        "manner": breakdown(outcomes, lambda o: o.manner),
        "world": breakdown(outcomes, lambda o: o.world),
        "kind × world × manner": breakdown(outcomes, lambda o: f"{o.kind} {o.world} {o.manner}"),
        "outcomes": [one.to_json() for one in outcomes],
    }
