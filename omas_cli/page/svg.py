"""The pictures of the page. Colours are classes, so that the style sheet decides between light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from math import cos, pi, sin

from omas_cli.drawing import DIMENSIONS, TOP, level
from omas_cli.trends import Bucket
from shared import output

RADAR = 150.0
RADAR_SIZE = "0 0 460 380"
LINE_WIDTH, LINE_HEIGHT, LEFT, UNDER = 860.0, 220.0, 32.0, 34.0
CELL, GAP, WEEKS, LEVELS = 13, 3, 53, 4


def radar(values: Mapping[str, float]) -> str:
    """The four dimensions as a kite in a web of rings at 2, 4, 6, 8 and 10."""
    count = len(DIMENSIONS)
    rings = [f'<polygon class="web" points="{_kite([ring] * count)}"/>' for ring in (2, 4, 6, 8, 10)]
    spokes = [
        f'<line class="web" x1="230" y1="190" x2="{x:.1f}" y2="{y:.1f}"/>'
        for x, y in (_corner(index, TOP) for index in range(count))
    ]
    shape = f'<polygon class="shape" points="{_kite([values[field] for _, _, field in DIMENSIONS])}"/>'
    labels = [_radar_label(index, name, values[field]) for index, (_, name, field) in enumerate(DIMENSIONS)]
    return (
        f'<svg viewBox="{RADAR_SIZE}" role="img" aria-label="Radar">{"".join([*rings, *spokes, shape, *labels])}</svg>'
    )


def _corner(index: int, value: float) -> tuple[float, float]:
    angle = -pi / 2 + index * 2 * pi / len(DIMENSIONS)
    length = RADAR * min(max(value, 0.0), TOP) / TOP
    return 230 + length * cos(angle), 190 + length * sin(angle)


def _kite(values: Sequence[float]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in (_corner(index, value) for index, value in enumerate(values)))


def _radar_label(index: int, name: str, value: float) -> str:
    x, y = _corner(index, TOP)
    anchor = ("middle", "start", "middle", "end")[index]
    dx, dy = ((0, -12), (10, 4), (0, 24), (-10, 4))[index]
    # At the sides there is little room: the value goes below the name.
    if anchor == "middle":
        number = f'<tspan class="strong">{value:.2f}</tspan>'
        return f'<text x="{x:.1f}" y="{y + dy:.1f}" text-anchor="middle">{name} {number}</text>'
    first, _, rest = name.partition(" ")
    lines = "".join(
        f'<tspan x="{x + dx:.1f}" dy="{step}"{style}>{words}</tspan>'
        for step, words, style in (("-8", first, ""), ("16", rest, ""), ("16", f"{value:.2f}", ' class="strong"'))
        if words
    )
    return f'<text y="{y + dy:.1f}" text-anchor="{anchor}">{lines}</text>'


def trend(found: Sequence[Bucket]) -> str:
    """A line for each dimension and one for the whole, over the periods that have sessions."""
    parts = [_grid(value) for value in (0, 2, 4, 6, 8, 10)]
    steps = max(len(found) - 1, 1)
    places = [LEFT + (LINE_WIDTH - LEFT) * index / steps for index in range(len(found))]
    for number, field in enumerate([*(field for _, _, field in DIMENSIONS), "overall_score"]):
        points = [(x, bucket.means[field]) for x, bucket in zip(places, found, strict=True) if bucket.sessions]
        path = " ".join(f"{x:.1f},{_height(value):.1f}" for x, value in points)
        parts.append(f'<polyline class="line s{number}" points="{path}"/>')
        if len(points) == 1:
            parts.append(
                f'<circle class="dot s{number}" cx="{points[0][0]:.1f}" cy="{_height(points[0][1]):.1f}" r="4"/>'
            )
    for index in sorted({0, len(found) // 2, len(found) - 1}) if found else ():
        anchor = "start" if index == 0 else "end" if index == len(found) - 1 else "middle"
        parts.append(
            f'<text x="{places[index]:.1f}" y="{LINE_HEIGHT + 20}" text-anchor="{anchor}">{found[index].start}</text>'
        )
    size = f"0 -8 {LINE_WIDTH + 8:.0f} {LINE_HEIGHT + UNDER:.0f}"
    return f'<svg viewBox="{size}" role="img" aria-label="Trend">{"".join(parts)}</svg>'


def _grid(value: int) -> str:
    y = _height(value)
    line = f'<line class="web" x1="{LEFT}" y1="{y:.1f}" x2="{LINE_WIDTH}" y2="{y:.1f}"/>'
    return f'{line}<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value}</text>'


def _height(value: float) -> float:
    return LINE_HEIGHT * (1 - min(max(value, 0.0), TOP) / TOP)


def heat_map(counts: Mapping[date, int], last: date) -> str:
    """A year of days, weeks as columns; each day's title names it and its sessions."""
    first = last - timedelta(days=last.weekday()) - timedelta(weeks=WEEKS - 1)
    top = max((count for day, count in counts.items() if first <= day <= last), default=0)
    cells, names, named = [], [], 0
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        x, y = 34 + offset // 7 * (CELL + GAP), 20 + offset % 7 * (CELL + GAP)
        count = counts.get(day, 0)
        title = f"<title>{day}: {output.counted(count, 'session')}</title>"
        shade, size = level(count, top, LEVELS), f'width="{CELL}" height="{CELL}"'
        cells.append(f'<rect class="h{shade}" x="{x}" y="{y}" {size} rx="2">{title}</rect>')
        if day.day <= 7 and day.weekday() == 0 and day.month != named:
            named = day.month
            names.append(f'<text x="{x}" y="12">{day:%b}</text>')
    days = [
        f'<text x="0" y="{31 + row * (CELL + GAP)}">{name}</text>' for row, name in ((0, "Mon"), (2, "Wed"), (4, "Fri"))
    ]
    size = f"0 0 {40 + WEEKS * (CELL + GAP)} {24 + 7 * (CELL + GAP)}"
    return f'<svg viewBox="{size}" role="img" aria-label="Heat map">{"".join([*names, *days, *cells])}</svg>'
