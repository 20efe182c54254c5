"""How often one user may do a thing."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

from omar_daemon.routing import ApiError


class RateLimit:
    """At most `most` times within any `seconds`, per user. Kept in memory: a restart forgives."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._used: dict[str, deque[float]] = {}

    def take(self, user: str) -> None:
        """Count one use; ApiError 429 with Retry-After (whole seconds) when there were too many."""
        now = self._clock()
        used = self._used.setdefault(user, deque())
        while used and used[0] <= now - self._seconds:
            used.popleft()
        if len(used) >= self._most:
            wait = math.ceil(used[0] + self._seconds - now)
            raise ApiError(
                429,
                f"More than {self._most} uploads within {self._seconds:.0f} seconds; try again in {wait} s.",
                headers={"Retry-After": str(max(wait, 1))},
            )
        used.append(now)
