"""How the cost of something grows with its size, whatever machine it runs on."""

from __future__ import annotations

import time
from collections.abc import Callable


def growth(run: Callable[[int], object], size: int, times: int) -> float:
    """How many times as much processor time `run(times * size)` takes as `run(size)`."""
    return _seconds(run, times * size) / _seconds(run, size)


def _seconds(run: Callable[[int], object], size: int) -> float:
    """The best of three."""
    costs = []
    for _ in range(3):
        start = time.process_time()
        run(size)
        costs.append(time.process_time() - start)
    return min(costs)
