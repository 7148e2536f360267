"""The page's small drawings: every one says in words what it shows, and has a table behind it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fixloop.evals.compare import Comparison, Interval, wilson_interval
from fixloop.report.svg import Drawn, cut, picture, tag, text
from fixloop.report.trends import MergedFix, Series
from fixloop.report.words import percent

_WIDTH, _HEIGHT = 340, 150
_LEFT, _BOTTOM = 42, 26


# --- beside a number in a table -------------------------------------------------------------------------


def draw_intervals(one: Comparison) -> Drawn:
    """The shares that pass on base (ring) and result (disc), each with its 95 % interval, from 0 to 100 %."""
    if not one.aligned:
        return picture(150, 26, "no case is on both sides", class_="strip")
    base, head = one.intervals
    shares = [passed / one.aligned for passed in one.passed]
    said = f"base {percent(shares[0])}, result {percent(shares[1])}"
    return picture(
        150,
        26,
        said,
        tag("path", d="M5 23.5h140", class_="axis"),
        *_whisker(base, shares[0], 8, "base"),
        *_whisker(head, shares[1], 17, "head"),
        class_="strip",
    )


def draw_share(passed: int, total: int) -> Drawn:
    """One share that passes with its 95 % interval."""
    found = wilson_interval(passed, total)
    share = passed / total if total else 0.0
    return picture(
        150,
        18,
        f"{percent(share)} pass",
        tag("path", d="M5 15.5h140", class_="axis"),
        *_whisker(found, share, 8, "head"),
        class_="strip",
    )


def _whisker(found: Interval, share: float, y: float, class_: str) -> Iterator[Drawn]:
    low, high, at = (5 + 140 * value for value in (found.low, found.high, share))
    yield tag("path", d=f"M{low:.1f} {y}H{high:.1f}M{low:.1f} {y - 3}v6M{high:.1f} {y - 3}v6", class_=class_)
    yield tag("circle", cx=at, cy=y, r=3.5, class_=class_)


def draw_two_bars(before: int, after: int, most: int) -> Drawn:
    """A leaf's stored tickets before (outline) and after (filled)."""
    old, new = (130 * value / most if most else 0.0 for value in (before, after))
    return picture(
        134,
        18,
        f"{before} before, {after} after",
        tag("rect", x=1, y=2, width=max(old, 0.5), height=6, class_="bar before"),
        tag("rect", x=1, y=10, width=max(new, 0.5), height=6, class_="bar after"),
        class_="strip",
    )


# --- over time ------------------------------------------------------------------------------------------


def draw_columns(series: Series, title: str) -> Drawn:
    """Stacked columns a period; the order of the stack is the order of the words."""
    most = max((one.total for one in series.periods), default=0) or 1
    wide = (_WIDTH - _LEFT - 4) / max(1, len(series.periods))
    parts: list[Drawn] = [*_frame([(0, "0"), (1, str(most))])]
    for at, period in enumerate(series.periods):
        x, top = _LEFT + at * wide, float(_HEIGHT - _BOTTOM)
        for number, word in enumerate(series.words):
            tall = (_HEIGHT - _BOTTOM - 12) * period.counts[word] / most
            if tall:
                top -= tall
                parts.append(
                    _column(x, top, wide, tall, number, f"{period.name}: {period.counts[word]} {word}")
                )
    parts += _ends([one.name for one in series.periods], wide)
    return picture(_WIDTH, _HEIGHT, title, *parts, class_="chart")


def _column(x: float, y: float, wide: float, tall: float, number: int, said: str) -> Drawn:
    inner = min(34.0, max(1.0, wide * 0.8))
    at = x + (wide - inner) / 2
    return tag(
        "rect",
        tag("title", said),
        x=at,
        y=y,
        width=inner,
        height=max(0.8, tall - 0.8),
        class_=f"part k{number}",
    )


def draw_passing(fixes: Sequence[MergedFix], title: str) -> Drawn:
    """The share of the base's cases that pass with each merged fix, one after the other."""
    shares = [one.passed / one.cases if one.cases else 0.0 for one in fixes]
    floor = max(0.0, int(min(shares, default=0.0) * 20 - 1) / 20)
    wide = (_WIDTH - _LEFT - 4) / max(1, len(fixes))
    points = [
        (_LEFT + (at + 0.5) * wide, _height((share - floor) / (1 - floor) if floor < 1 else 1.0))
        for at, share in enumerate(shares)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts = [
        *_frame([(0, f"{100 * floor:.0f} %"), (1, "100 %")]),
        tag("polyline", points=line, class_="line"),
    ]
    for (x, y), one, share in zip(points, fixes, shares, strict=True):
        parts.append(
            tag("circle", tag("title", f"{one.hint}: {percent(share)}"), cx=x, cy=y, r=3.5, class_="dot")
        )
    parts += _ends([str(number) for number in range(1, len(fixes) + 1)], wide)
    return picture(_WIDTH, _HEIGHT, title, *parts, class_="chart")


def _frame(marks: Sequence[tuple[float, str]]) -> Iterator[Drawn]:
    for share, said in marks:
        y = _height(share)
        yield tag("path", d=f"M{_LEFT} {y}H{_WIDTH - 4}", class_="axis")
        yield text(_LEFT - 5, y + 4, said, "tick", "end")


def _ends(names: Sequence[str], wide: float) -> list[Drawn]:
    """The first and the last name below the axis."""
    if not names:
        return []
    y = _HEIGHT - 9
    if len(names) == 1:
        return [text(_LEFT + wide / 2, y, names[0], "tick", "middle")]
    return [text(_LEFT, y, names[0], "tick"), text(_WIDTH - 4, y, names[-1], "tick", "end")]


def _height(share: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - 12) * share


# --- calibration ----------------------------------------------------------------------------------------


def draw_calibration(bins: Sequence[Mapping[str, Any]], title: str) -> Drawn:
    """Mean score (across) against the share that was right (up), a disc a bin; the line is a true score."""
    side, left = 180, 34

    def place(score: float, right: float) -> tuple[float, float]:
        return left + (side - left - 8) * score, side - 26 - (side - 26 - 8) * right

    (x0, y0), (x1, y1) = place(0, 0), place(1, 1)
    parts = [
        tag("path", d=f"M{x0} {y1}V{y0}H{x1}", class_="axis"),
        tag("path", d=f"M{x0} {y0}L{x1} {y1}", class_="perfect"),
        text(x0 - 5, y0 + 4, "0", "tick", "end"),
        text(x0 - 5, y1 + 4, "1", "tick", "end"),
        text((x0 + x1) / 2, side - 8, "mean score", "tick", "middle"),
    ]
    for one in bins:
        x, y = place(float(one["score"]), float(one["right"]))
        said = f"{one['count']} cases: mean score {one['score']:.2f}, right {percent(one['right'])}"
        parts.append(tag("circle", tag("title", cut(said, 80)), cx=x, cy=y, r=4, class_="dot"))
    return picture(side, side, title, *parts, class_="chart square")
