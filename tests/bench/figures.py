"""A promised figure beside its bar and a reference measured in the same run: machines are noisy, ratios are not."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One row of `make bench`. `value` and `bar` are in `unit`, smaller is better unless `at_least`."""

    name: str
    value: float
    unit: str
    bar: float
    reference: str
    at_least: bool = False

    @property
    def holds(self) -> bool:
        return self.value >= self.bar if self.at_least else self.value <= self.bar


def timed(action: Callable[[], object], runs: int, *, warm_up: int = 1) -> list[float]:
    """Wall milliseconds of each of `runs` calls, after some that do not count."""
    for _ in range(warm_up):
        action()
    return [_milliseconds(action) for _ in range(runs)]


def interleaved(
    subject: Callable[[], object], reference: Callable[[], object], runs: int, *, warm_up: int = 2
) -> tuple[list[float], list[float]]:
    """Both timed in turn, A B A B …, so that a drifting machine drifts for both."""
    for _ in range(warm_up):
        subject()
        reference()
    pairs = [(_milliseconds(subject), _milliseconds(reference)) for _ in range(runs)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _milliseconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0..1) of the sorted values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def print_figures(title: str, figures: Sequence[Figure]) -> None:
    print(f"\n{title}")
    for figure in figures:
        sign = "≥" if figure.at_least else "≤"
        mark = "ok  " if figure.holds else "OVER"
        print(
            f"  {mark} {figure.name:<52} {figure.value:>9.2f} {figure.unit:<6} bar {sign} {figure.bar:g} {figure.unit}"
            f"   reference: {figure.reference}"
        )
