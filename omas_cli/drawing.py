"""Scores drawn with text: bars, sparklines and a calendar, for terminals of any width and for pipes."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from omas_cli.record import Record

BAR_WIDTH = 20
TOP = 10.0
DIMENSIONS = (
    ("P", "more at once", "p_thread_score"),
    ("L", "longer alone", "l_thread_score"),
    ("B", "thicker", "b_thread_score"),
    ("Z", "fewer questions", "z_thread_score"),
)
# Of the four dimensions, then of the whole; the page has the same.
COLORS = ("blue", "green", "yellow", "magenta", "bold")
SHARE_COLOR = "cyan"
SPARKS = "▁▂▃▄▅▆▇█"
SHADES = "·░▒▓█"
PLAIN_SPARKS = "_.-~=+*#"
PLAIN_SHADES = ".:+*#"
DAYS = ("Mon", "", "Wed", "", "Fri", "", "Sun")
WEEK = timedelta(days=7)
MOST_WEEKS = 53
LABEL_WIDTH = 4


def bar(value: float, *, top: float = TOP, width: int = BAR_WIDTH) -> str:
    """A bar for a value of 0 to `top`; larger ones fill it."""
    filled = round(min(max(value / top, 0.0), 1.0) * width) if top else 0
    full, empty = ("█", "·") if draws_unicode() else ("#", ".")
    return full * filled + empty * (width - filled)


def sparkline(values: Sequence[float | None], *, top: float = TOP) -> str:
    """One character for each value; a blank where there is none."""
    marks = SPARKS if draws_unicode() else PLAIN_SPARKS
    return "".join(" " if value is None else marks[_step(value / top, len(marks))] for value in values)


def dimension_rows(values: dict[str, float]) -> list[list[str]]:
    """One row per dimension from field name → value: letter, name, bar, value."""
    return [[letter, name, bar(values[field]), f"{values[field]:.2f}"] for letter, name, field in DIMENSIONS]


def scores_of(record: Record) -> dict[str, float]:
    return {field: getattr(record.metrics, field) for _, _, field in DIMENSIONS}


def calendar(counts: Mapping[date, int], last: date, width: int) -> list[str]:
    """Lines of a heat map: a row for each weekday, a column (two characters) for each week up to that of `last`."""
    weeks = max(min((width - LABEL_WIDTH) // 2, MOST_WEEKS), 1)
    first = last - timedelta(days=last.weekday()) - WEEK * (weeks - 1)
    shown = [count for day, count in counts.items() if first <= day <= last]
    top = max(shown, default=0)
    lines = [_months(first, weeks)]
    for weekday, label in enumerate(DAYS):
        days = [first + WEEK * week + timedelta(days=weekday) for week in range(weeks)]
        cells = [shade(counts.get(day, 0), top) if day <= last else " " for day in days]
        lines.append((f"{label:<{LABEL_WIDTH}}" + " ".join(cells)).rstrip())
    return lines


def shade(count: int, top: int) -> str:
    marks = SHADES if draws_unicode() else PLAIN_SHADES
    return marks[level(count, top, len(marks) - 1)]


def level(count: int, top: int, levels: int) -> int:
    """0 for none, 1 to `levels` for shares of the highest count."""
    return 0 if count <= 0 or top <= 0 else min(1 + (count - 1) * levels // top, levels)


def _months(first: date, weeks: int) -> str:
    """Names of the months above the weeks in which they begin."""
    line = " " * LABEL_WIDTH
    named = 0
    for week in range(weeks):
        month = (first + WEEK * week + timedelta(days=6)).month
        place = LABEL_WIDTH + 2 * week
        fits = len(line) <= place and week < weeks - 1
        if month != named and fits:
            line = line.ljust(place) + f"{first + WEEK * week + timedelta(days=6):%b} "
            named = month
    return line.rstrip()


def draws_unicode() -> bool:
    return (sys.stdout.encoding or "ascii").lower().replace("-", "") == "utf8"


def _step(share: float, steps: int) -> int:
    return min(int(min(max(share, 0.0), 1.0) * steps), steps - 1)
