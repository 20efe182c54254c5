"""Scores drawn with text."""

from __future__ import annotations

from omas_cli.record import Record

BAR_WIDTH = 20
TOP = 10.0
DIMENSIONS = (
    ("P", "more at once", "p_thread_score"),
    ("L", "longer alone", "l_thread_score"),
    ("B", "thicker", "b_thread_score"),
    ("Z", "fewer questions", "z_thread_score"),
)


def bar(value: float, *, top: float = TOP, width: int = BAR_WIDTH) -> str:
    """A bar for a value of 0 to `top`; larger ones fill it."""
    filled = round(min(max(value / top, 0.0), 1.0) * width) if top else 0
    return "█" * filled + "·" * (width - filled)


def dimension_rows(values: dict[str, float]) -> list[list[str]]:
    """One row per dimension from field name → value: letter, name, bar, value."""
    return [[letter, name, bar(values[field]), f"{values[field]:.2f}"] for letter, name, field in DIMENSIONS]


def scores_of(record: Record) -> dict[str, float]:
    return {field: getattr(record.metrics, field) for _, _, field in DIMENSIONS}
