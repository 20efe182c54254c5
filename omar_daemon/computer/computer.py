"""The computer of this machine as the daemon offers it: a lock, and actions that only its holder can do."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from omar_daemon.computer import displays, screenshot
from omar_daemon.computer.actions import KeyboardAction, MouseAction
from omar_daemon.computer.desktop import Desktop
from omar_daemon.computer.errors import LockedByOther, NoDisplay
from omar_daemon.computer.keysyms import UNICODE_BASE
from omar_daemon.computer.lock import Lock
from omar_daemon.computer.worker import Worker

LOOK_SECONDS = 3.0
ACTION_SECONDS = 15.0
CLOSE_SECONDS = 0.5
CHARACTER_SECONDS = 0.05
# A character without a key may have to wait until a borrowed key is free again.
RARE_CHARACTER_SECONDS = 0.6

Result = TypeVar("Result")
IsGone = Callable[[str], Awaitable[bool]]


class Computer:
    """All methods are coroutines of one event loop; X is reached through threads that may be left behind.

    `is_gone` tells whether a name belongs to an agent that has ended: such a holder loses the lock.
    """

    def __init__(self, is_gone: IsGone, *, idle_seconds: float = 600.0, display: str = "") -> None:
        self._is_gone = is_gone
        self._wanted = display
        self._lock = Lock(idle_seconds)
        self._turn = asyncio.Lock()
        self._eyes = Worker("computer-look")
        self._hands = Worker("computer-act")
        self._desktop: Desktop | None = None

    async def status(self) -> dict[str, Any]:
        """The contract's status; `reason` says why the computer is not available."""
        await self._free_from_the_dead()
        try:
            answer = available(await self.look())
        except NoDisplay as problem:
            answer = unavailable(problem)
        return {**answer, "held_by": self._lock.holder(), "held_seconds": round(self._lock.held_seconds(), 1)}

    async def look(self) -> displays.Facts:
        """What the display is like at this moment; NoDisplay."""
        return await self._eyes.run(lambda: displays.find(self._wanted), LOOK_SECONDS)

    async def acquire(self, name: str) -> bool:
        """Whether the lock is new to `name`; NoDisplay, LockedByOther."""
        await self.look()
        if await self._is_gone(name):
            raise LockedByOther(f"Agent '{name}' is dead; it cannot hold the computer.")
        await self._free_from_the_dead()
        return self._lock.acquire(name)

    async def release(self, name: str) -> bool:
        """Whether `name` held the lock until now; NotHolder. Works without a display too."""
        await self._free_from_the_dead()
        return self._lock.release(name)

    def forget(self, name: str) -> None:
        """An agent was killed: it holds nothing any more."""
        self._lock.drop(name)

    async def shoot(self, name: str, limits: screenshot.Limits) -> dict[str, Any]:
        """A screenshot for the holder."""
        limits.check()
        return await self._act(name, lambda desktop, _: desktop.shoot(limits), ACTION_SECONDS)

    async def point(self, name: str, wanted: MouseAction) -> tuple[int, int]:
        """A mouse action of the holder; where it was, in screen pixels."""
        wanted.check()
        return await self._act(name, lambda desktop, _: desktop.point(wanted), ACTION_SECONDS)

    async def strike(self, name: str, wanted: KeyboardAction) -> None:
        """A keyboard action of the holder."""
        await self._require_display()
        symbols = wanted.symbols()
        seconds = ACTION_SECONDS + sum(map(_seconds_for, symbols))
        await self._act(name, lambda desktop, stop: desktop.strike(wanted, symbols, stop), seconds)

    async def close(self) -> None:
        """Leave the display as it was found."""
        desktop, self._desktop = self._desktop, None
        if desktop is not None:
            with contextlib.suppress(NoDisplay):
                await self._hands.run(desktop.close, CLOSE_SECONDS)

    async def _act(self, name: str, work: Callable[[Desktop, threading.Event], Result], seconds: float) -> Result:
        """Check and action are one step: nobody else acts or takes the lock between them."""
        await self._require_display()
        async with self._turn:
            await self._free_from_the_dead()
            grant = self._lock.require(name)
            with self._lock.using(grant):
                try:
                    desktop = await self._open()
                    return await self._hands.run(lambda: work(desktop, grant.revoked), seconds)
                except NoDisplay:
                    self._desktop = None
                    raise

    async def _require_display(self) -> None:
        """Without a display nobody can hold the lock, so that is what an action without one must say."""
        if self._lock.holder() is None:
            await self.look()

    async def _open(self) -> Desktop:
        if self._desktop is None:
            facts = await self.look()
            self._desktop = await self._hands.run(lambda: Desktop(facts), LOOK_SECONDS)
        return self._desktop

    async def _free_from_the_dead(self) -> None:
        holder = self._lock.holder()
        if holder is not None and await self._is_gone(holder):
            self._lock.drop(holder)


def _seconds_for(symbol: int) -> float:
    return CHARACTER_SECONDS if symbol < UNICODE_BASE else RARE_CHARACTER_SECONDS


def available(facts: displays.Facts) -> dict[str, Any]:
    """The status of a display that can be seen; `available` only when it can be used as well."""
    return {
        "available": facts.input_works,
        "xdotool": facts.input_works,
        "screenshot": True,
        "screen_size": {"width": facts.width, "height": facts.height},
        "display": facts.name,
        "reason": None if facts.input_works else f"The display {facts.name} has no XTEST extension.",
    }


def unavailable(problem: NoDisplay) -> dict[str, Any]:
    """The status where there is no display; `reason` in one sentence."""
    hint = f" Install it with: {problem.hint}" if problem.hint else ""
    nothing = {"available": False, "xdotool": False, "screenshot": False, "screen_size": None, "display": None}
    return {**nothing, "reason": problem.message + hint}
