"""Who may use the computer: one holder, released by itself, by its end, or when it leaves the computer idle."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from omar_daemon.computer.errors import LockedByOther, LockNeeded, NotHolder


@dataclass
class Grant:
    """One holding of the lock. Times are on the lock's clock; `revoked` stops an action in its middle."""

    holder: str
    since: float
    used: float
    acting: int = 0
    revoked: threading.Event = field(default_factory=threading.Event)


class Lock:
    """No method waits: each is one step of the event loop. `idle_seconds` without an action frees the lock."""

    def __init__(self, idle_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._idle_seconds = idle_seconds
        self._clock = clock
        self._grant: Grant | None = None

    def grant(self) -> Grant | None:
        """The present holding, or None."""
        held = self._grant
        if held is not None and not held.acting and self._clock() - held.used > self._idle_seconds:
            self.drop(held.holder)
        return self._grant

    def holder(self) -> str | None:
        held = self.grant()
        return held.holder if held is not None else None

    def held_seconds(self) -> float:
        held = self.grant()
        return self._clock() - held.since if held is not None else 0.0

    def acquire(self, name: str) -> bool:
        """True when `name` got the lock, False when it had it; LockedByOther."""
        held = self.grant()
        now = self._clock()
        if held is None:
            self._grant = Grant(name, now, now)
            return True
        if held.holder != name:
            raise LockedByOther(f"Computer is locked by '{held.holder}'.")
        held.used = now
        return False

    def release(self, name: str) -> bool:
        """True when `name` gave the lock back, False when nobody held it; NotHolder."""
        held = self.grant()
        if held is None:
            return False
        if held.holder != name:
            raise NotHolder(f"Lock held by '{held.holder}', not '{name}'.")
        self.drop(name)
        return True

    def drop(self, name: str) -> None:
        """Take the lock from `name`, if it holds it; what it is doing stops at the next key."""
        held = self._grant
        if held is not None and held.holder == name:
            held.revoked.set()
            self._grant = None

    def require(self, name: str) -> Grant:
        """The holding of `name`; LockNeeded or LockedByOther."""
        held = self.grant()
        if held is None:
            raise LockNeeded("You must acquire the computer lock first (POST /api/computer/lock).")
        if held.holder != name:
            raise LockedByOther(f"Computer is locked by '{held.holder}'. Release it first or wait.")
        return held

    @contextlib.contextmanager
    def using(self, held: Grant) -> Iterator[None]:
        """While an action runs the lock is not idle, however long the action takes."""
        held.acting += 1
        try:
            yield
        finally:
            held.acting -= 1
            held.used = self._clock()
