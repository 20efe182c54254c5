"""What stands on the agents' screens: one listing, and captures of the panes that moved."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from omar_daemon.fleet import panes, screen
from omar_daemon.fleet.backends import Backend
from omar_daemon.fleet.channel import Channel
from omar_daemon.fleet.connection import NoServer
from omar_daemon.fleet.errors import TmuxMissing
from omar_daemon.fleet.panes import Pane
from omar_daemon.fleet.screen import Reading

# tmux tells the time of the last output in whole seconds: within that time a screen may change unseen.
GRAIN_SECONDS = 2.0
EXPLAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class View:
    """One pane and what its screen said. `output_at` is the time of its last output, in wall-clock seconds."""

    pane: Pane
    reading: Reading
    output_at: float


class Watch:
    """The newest view of every agent session. Readers share it; nothing a reader does changes another's answer.

    `is_awaited` says whether any agent runs, as far as the store knows: then tmux's absence says nothing of them.
    """

    def __init__(
        self,
        reader: Channel,
        backend_of: Callable[[str], Backend | None],
        errors: Sequence[re.Pattern[str]],
        is_awaited: Callable[[], bool],
    ) -> None:
        self._reader = reader
        self._backend_of = backend_of
        self._errors = tuple(errors)
        self._is_awaited = is_awaited
        self._flight: asyncio.Task[None] | None = None
        self._began = float("-inf")
        self._changed = float("-inf")
        self._unexplained: dict[str, float] = {}
        self.views: dict[str, View] = {}

    async def refresh(self, max_age: float) -> None:
        """Make the views no older than `max_age` seconds. Callers at the same time share one question to tmux."""
        wanted = time.monotonic() - max_age
        while self._began < max(wanted, self._changed):
            # A look that has ended may still stand here: awaiting it again would never yield to the event loop.
            if self._flight is None or self._flight.done():
                self._flight = asyncio.create_task(self._look())
            await asyncio.shield(self._flight)

    async def follow(self, fresh: float, bearable: float) -> None:
        """Views no older than `bearable`. When they are older than `fresh` the next look begins, unawaited.

        So one who asks again and again is answered at once; after an action of our own everybody waits for a look.
        """
        await self.refresh(bearable)
        if time.monotonic() - self._began > fresh and (self._flight is None or self._flight.done()):
            self._flight = asyncio.create_task(self._look())
            # What went wrong is met again, and said, by the next look that is awaited.
            self._flight.add_done_callback(lambda flight: flight.cancelled() or flight.exception())

    def view(self, name: str) -> View | None:
        """The view of the agent with this short name."""
        return self.views.get(panes.PREFIX + name)

    def outdate(self) -> None:
        """The screens were just changed from here: the next reader must look anew."""
        self._changed = time.monotonic()

    def forget(self, name: str) -> None:
        """Drop a session that was just ended; the next look would do it too."""
        self.views.pop(panes.PREFIX + name, None)

    async def _look(self) -> None:
        began = time.monotonic()
        try:
            listed = await self._reader.run("list-panes", "-a", "-F", panes.FORMAT)
        except NoServer:
            listed = ()
        except TmuxMissing:
            # Without the program nobody knows whether they live; without any agent there is nothing to know.
            if self._is_awaited():
                raise
            listed = ()
        found = panes.parse(listed)
        living = self._await_explanations(found)
        if living != found:
            # tmux 3.3 sometimes misses that its child is gone, until the next child of its own has ended.
            await self._reader.batch([("run-shell", "-b", "true")])
        self.views = await self._read_moved(living)
        self._began = began

    def _await_explanations(self, found: dict[str, Pane]) -> dict[str, Pane]:
        """A program that is gone counts as living until tmux can tell its exit code, or a second has passed."""
        now = time.monotonic()
        gone = {session for session, pane in found.items() if pane.dead and not pane.explained}
        self._unexplained = {session: self._unexplained.get(session, now) for session in gone}
        young = {session for session, since in self._unexplained.items() if now - since < EXPLAIN_SECONDS}
        return {session: replace(pane, dead=False) if session in young else pane for session, pane in found.items()}

    async def _read_moved(self, found: dict[str, Pane]) -> dict[str, View]:
        now = time.time()
        moved = [pane for session, pane in found.items() if self._has_moved(self.views.get(session), pane, now)]
        replies = await self._reader.batch([("capture-pane", "-p", "-t", pane.pane_id) for pane in moved])
        fresh = {
            pane.session: self._view(pane, reply.lines)
            for pane, reply in zip(moved, replies, strict=True)
            if reply.error is None
        }
        views: dict[str, View] = {}
        for session, pane in found.items():
            old = self.views.get(session)
            if session in fresh:
                views[session] = fresh[session]
            elif old is not None:
                views[session] = old if old.pane == pane else replace(old, pane=pane)
        return views

    @staticmethod
    def _has_moved(old: View | None, pane: Pane, now: float) -> bool:
        if old is None or old.pane.pane_id != pane.pane_id or now - pane.activity < GRAIN_SECONDS:
            return True
        before = old.pane
        return (
            (before.activity, before.history, before.cursor_x, before.cursor_y, before.dead)
            != (pane.activity, pane.history, pane.cursor_x, pane.cursor_y, pane.dead)
        ) or before.size != pane.size

    def _read(self, pane: Pane, lines: tuple[str, ...], old: View | None) -> Reading:
        cursor = (pane.cursor_x, pane.cursor_y)
        if old is not None and cursor == (old.pane.cursor_x, old.pane.cursor_y) and old.reading.raw == lines:
            return old.reading
        return screen.read(lines, cursor, self._backend_of(pane.name), self._errors)

    def _view(self, pane: Pane, lines: tuple[str, ...]) -> View:
        old = self.views.get(pane.session)
        reading = self._read(pane, lines, old)
        if old is None or old.pane.pane_id != pane.pane_id:
            return View(pane, reading, float(pane.activity))
        # tmux also counts an attaching client or a new size as activity; those are no output.
        silent = old.reading.lines == reading.lines and old.pane.history == pane.history
        if silent or old.pane.size != pane.size:
            return View(pane, reading, old.output_at)
        return View(pane, reading, max(old.output_at, float(pane.activity)))
