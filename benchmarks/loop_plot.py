"""A line chart as SVG, written by hand: approval by round, beside the bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 60, 200, 40, 50
COLOURS = ("#0b6e4f", "#c8553d", "#555555", "#3d5a98")


@dataclass(frozen=True)
class Line:
    """One curve: shares 0…1 by round; `dashed` for a bound."""

    name: str
    values: Sequence[float]
    dashed: bool = False


def draw_lines(title: str, lines: Sequence[Line], low: float = 0.3) -> str:
    """The chart as one self-contained SVG document; the axis begins at `low`."""
    last = max(len(line.values) for line in lines) - 1
    shapes = [*_grid(low, last), *(_curve(n, line, low, last) for n, line in enumerate(lines))]
    body = "\n".join(shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n'
        f'<text x="{LEFT}" y="22" font-size="15">{escape(title)}</text>\n{body}\n</svg>\n'
    )


def _x(place: int, last: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * place / max(1, last)


def _y(share: float, low: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (share - low) / (1 - low))


def _grid(low: float, last: int) -> list[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    shapes = []
    for tenth in range(round(low * 10), 11):
        y = _y(tenth / 10, low)
        shapes.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#dddddd"/>')
        shapes.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tenth * 10} %</text>')
    for place in range(last + 1):
        name = "start" if place == 0 else f"round {place}"
        shapes.append(f'<text x="{_x(place, last):.1f}" y="{bottom + 20}" text-anchor="middle">{name}</text>')
    return shapes


def _curve(number: int, line: Line, low: float, last: int) -> str:
    points = " ".join(f"{_x(n, last):.1f},{_y(v, low):.1f}" for n, v in enumerate(line.values))
    dash = ' stroke-dasharray="6 4"' if line.dashed else ""
    colour = COLOURS[number % len(COLOURS)]
    # Names stand in a column of their own: curves that end together must not print over each other.
    key = TOP + 18 * number
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>\n'
        f'<line x1="{WIDTH - RIGHT + 12}" y1="{key}" x2="{WIDTH - RIGHT + 36}" y2="{key}" '
        f'stroke="{colour}" stroke-width="2"{dash}/>\n'
        f'<text x="{WIDTH - RIGHT + 42}" y="{key + 4}">{escape(line.name)}</text>'
    )
