"""How many requests a caller may send in a minute, and the headers that say so (seed 001)."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

WINDOW_SECONDS = 60


@dataclass(frozen=True)
class Allowance:
    """What a caller has left in the current minute; `reset` in seconds since the epoch."""

    limit: int
    remaining: int
    reset: int
    exceeded: bool

    def headers(self) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-reset": str(self.reset),
        }

    def retry_after(self, now: float | None = None) -> str:
        return str(max(1, math.ceil(self.reset - (time.time() if now is None else now))))


class RateLimiter:
    """Counts requests per caller in windows of a minute that begin for all callers at once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._window = 0
        self._used: dict[str, int] = {}

    def take(self, caller: str, now: float | None = None) -> Allowance:
        """Count one request of `caller`."""
        moment = time.time() if now is None else now
        window = int(moment // WINDOW_SECONDS)
        if window != self._window:
            self._window, self._used = window, {}
        used = self._used.get(caller, 0) + 1
        self._used[caller] = used
        reset = (window + 1) * WINDOW_SECONDS
        return Allowance(self._limit, max(0, self._limit - used), reset, used > self._limit)
