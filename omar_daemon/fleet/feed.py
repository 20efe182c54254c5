"""What an agent does, as it happens: new lines of its screen, changes of its health, its end.

One feed per agent that somebody follows. It looks at the shared views four times a second, numbers what is new and
keeps the last of it for those whose connection broke; it ends some time after its last follower.
"""

from __future__ import annotations

import asyncio
import difflib
import logging
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from omar_daemon.fleet import screen
from omar_daemon.fleet.channel import Channel
from omar_daemon.fleet.watch import View, Watch
from shared.errors import OmaError

log = logging.getLogger("omar.fleet")

Kind = Literal["output", "health", "exit"]

LOOK_SECONDS = 0.25
KEPT_NEWS = 1000
KEPT_SECONDS = 60.0
MOST_LINES = 2000

Facts = Callable[[], Awaitable[dict[str, Any] | None]]
"""The agent's line of the list; None when there is no such agent any more."""


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened. `id` is `<feed>-<number>`; `data` is the body in the contract's words."""

    id: str
    kind: Kind
    data: dict[str, Any]


class Feed:
    def __init__(self, name: str, watch: Watch, reader: Channel, facts: Facts) -> None:
        self._name = name
        self._watch = watch
        self._reader = reader
        self._facts = facts
        self._token = secrets.token_hex(4)
        self._number = 0
        self._news: deque[News] = deque(maxlen=KEPT_NEWS)
        self._moved = asyncio.Condition()
        self._seen: View | None = None
        self._health: str | None = None
        self._followers = 0
        self._left_at = time.monotonic()
        self.ended = False
        self._task = asyncio.create_task(self._run())

    def close(self) -> None:
        self._task.cancel()

    @property
    def is_forgotten(self) -> bool:
        return self.ended and self._is_forsaken()

    def knows(self, last_id: str | None) -> bool:
        """Whether this feed can go on behind `last_id`."""
        return self._position(last_id) is not None

    async def follow(self, last_id: str | None) -> AsyncIterator[News | None]:
        """News as they come, after `last_id` when it is still kept; None now and then when there are none.

        Without a usable `last_id` the first is the health of this moment.
        """
        self._followers += 1
        try:
            position = self._position(last_id)
            if position is None:
                position = self._now()
                if self._health is not None:
                    yield News(f"{self._token}-{position}", "health", {"health": self._health})
            while True:
                fresh = [news for news in self._news if _number(news.id) > position]
                for news in fresh:
                    position = _number(news.id)
                    yield news
                if self.ended and not fresh:
                    return
                if not fresh:
                    yield None
                    await self._wait(position)
        finally:
            self._followers -= 1
            self._left_at = time.monotonic()

    def _position(self, last_id: str | None) -> int | None:
        """The number behind which to go on; None when it is not of this feed or too old."""
        token, _, number = (last_id or "").rpartition("-")
        if token != self._token or not (number.isascii() and number.isdigit()):
            return None
        oldest = _number(self._news[0].id) if self._news else self._number + 1
        return int(number) if oldest - 1 <= int(number) <= self._number else None

    def _now(self) -> int:
        """The number behind which a new follower begins: the last one, and the one before an end already told."""
        told_its_end = bool(self._news) and self._news[-1].kind == "exit"
        return self._number - 1 if told_its_end else self._number

    async def _wait(self, position: int) -> None:
        async with self._moved:
            if self._number == position and not self.ended:
                try:
                    await asyncio.wait_for(self._moved.wait(), 1.0)
                except TimeoutError:
                    return

    async def _run(self) -> None:
        try:
            while not self.ended and not self._is_forsaken():
                try:
                    await self._look()
                except OmaError as error:
                    log.debug("the feed of %s: %s", self._name, error.message)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self.ended = True
            async with self._moved:
                self._moved.notify_all()

    def _is_forsaken(self) -> bool:
        return not self._followers and time.monotonic() - self._left_at > KEPT_SECONDS

    async def _look(self) -> None:
        facts = await self._facts()
        if facts is None:
            await self._tell("exit", {"exit_code": None, "exit_signal": None, "reason": "the agent was killed"})
            self.ended = True
            return
        lines = await self._new_lines(self._watch.view(self._name))
        if lines:
            await self._tell("output", {"lines": lines})
        if facts["health"] != self._health:
            self._health = facts["health"]
            await self._tell("health", {"health": self._health})
        if self._health == "dead":
            ending = {"exit_code": facts["exit_code"], "exit_signal": facts["exit_signal"]}
            await self._tell("exit", {**ending, "reason": facts["end_reason"]})
            self.ended = True

    async def _new_lines(self, view: View | None) -> list[str]:
        before, self._seen = self._seen, view
        if view is None or before is None or view is before:
            return []
        if before.pane.pane_id != view.pane.pane_id or before.pane.size != view.pane.size:
            return []
        grown = max(0, view.pane.history - before.pane.history)
        if not grown and view.reading.lines == before.reading.lines:
            return []
        scrolled = await self._scrolled(view, grown) if grown else []
        return new_lines(before.reading.lines, [*scrolled, *view.reading.lines])

    async def _scrolled(self, view: View, count: int) -> list[str]:
        """The newest `count` lines above the screen."""
        first = min(count, MOST_LINES)
        capture = ("capture-pane", "-p", "-S", f"-{first}", "-E", "-1", "-t", view.pane.pane_id)
        reply = (await self._reader.batch([capture]))[0]
        return [line.rstrip() for line in reply.lines]

    async def _tell(self, kind: Kind, data: dict[str, Any]) -> None:
        self._number += 1
        self._news.append(News(f"{self._token}-{self._number}", kind, data))
        async with self._moved:
            self._moved.notify_all()


def new_lines(before: tuple[str, ...], after: list[str]) -> list[str]:
    """The lines of `after` that were not there in `before`, safe to show, without blank ones at the end."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    old, new = screen.trim_blank_end(before[start:]), screen.trim_blank_end(after[start:])
    fresh: list[str] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, _, _, first, last in matcher.get_opcodes():
        if tag in ("insert", "replace"):
            fresh += new[first:last]
    return [screen.printable(line) for line in fresh]


def _number(identifier: str) -> int:
    return int(identifier.rpartition("-")[2])
