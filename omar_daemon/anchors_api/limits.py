"""When the server asks for rest: 429 with Retry-After, for one user's flood and for more than the disk can take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from omar_daemon.routing import ApiError

WINDOW_SECONDS = 60.0
MOST_WAITING = 5000
DISK_SECONDS = 2


class Limits:
    """At most `per_minute` things of one user within a minute (0: any number). Kept in memory: a restart forgives."""

    def __init__(
        self, per_minute: int, clock: Callable[[], float] = time.monotonic, *, things: str = "anchors"
    ) -> None:
        self._per_minute = per_minute
        self._things = things
        self._clock = clock
        self._used: dict[str, tuple[float, int]] = {}

    def take(self, user: str, waiting: int = 0) -> None:
        """Count one thing of `user`, with `waiting` others on their way to the disk; ApiError 429 when too many."""
        if waiting >= MOST_WAITING:
            raise _rest("The server has more to write than its disk can take", DISK_SECONDS)
        now = self._clock()
        began, count = self._used.get(user, (now, 0))
        if now - began >= WINDOW_SECONDS:
            began, count = now, 0
        if self._per_minute and count >= self._per_minute:
            raise _rest(f"More than {self._per_minute} {self._things} within a minute", began + WINDOW_SECONDS - now)
        self._used[user] = (began, count + 1)


def _rest(what: str, seconds: float) -> ApiError:
    wait = max(1, math.ceil(seconds))
    return ApiError(429, f"{what}; try again in {wait} s.", headers={"Retry-After": str(wait)})
