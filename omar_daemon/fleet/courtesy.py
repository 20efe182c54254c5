"""Respect for the person at an agent's keyboard: a half-typed text is waited for, set aside and put back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from omar_daemon.fleet import drafts, processes
from omar_daemon.fleet.channel import Channel
from omar_daemon.fleet.delivery import Courier, Target
from omar_daemon.fleet.errors import DeliveryFailed

log = logging.getLogger("omar.fleet")

WAIT_SECONDS = 30.0
LOOK_SECONDS = 0.2
ERASE_SECONDS = 0.4
MOST_ERASURES = 2 * drafts.MOST_LINES + 10


@dataclass(frozen=True, slots=True)
class Desk:
    """One look at an input: `draft` is what stands in it, `asked` whether a question stands where it should be."""

    draft: str
    lines: tuple[str, ...]
    cursor: tuple[int, int]
    asked: bool = False


class Courtesy:
    def __init__(self, reader: Channel, actor: Channel, courier: Courier) -> None:
        self._reader = reader
        self._actor = actor
        self._courier = courier

    async def wait_for_person(self, target: Target, is_attached: Callable[[], Awaitable[bool]]) -> None:
        """Return when no person is typing (30 s at most) and no question of the program stands (without limit).

        Enter would answer the question, and that is the person's to do.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            desk = await self._look(target)
            typing = bool(desk.draft) and time.monotonic() < deadline and await is_attached()
            if not desk.asked and not typing:
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def set_aside(self, target: Target) -> str:
        """Clear the input; returns the draft to be put back, "" when there was none or it must stay."""
        desk = await self._look(target)
        if not desk.draft or not drafts.can_be_put_back(desk.draft):
            return ""
        if target.backend is not None and target.backend.input_line is not None:
            return desk.draft if await self._erase_box(target, desk) else ""
        return await self._erase_line(target)

    async def put_back(self, target: Target, draft: str) -> bool:
        """Type the draft again, without submitting it; False while a question stands, which it might answer."""
        if (await self._look(target)).asked:
            return False
        try:
            await self._courier.deliver(target, draft, enter=False)
        except DeliveryFailed as error:
            log.warning("a draft of %d characters could not be put back into %s: %s", len(draft), target.name, error)
        return True

    async def _erase_box(self, target: Target, desk: Desk) -> bool:
        """Empty the box line by line; whether it is. What was erased in vain stands there again."""
        whole = desk.draft
        keys: tuple[str, ...] = ("C-e", "C-u")
        for _ in range(MOST_ERASURES):
            await self._press(target, *keys)
            after = await self._changed(target, desk)
            if not after.draft:
                return not after.asked
            if (after.lines, after.cursor) != (desk.lines, desk.cursor):
                keys = ("C-e", "C-u")
            elif keys[0] == "C-e":
                # At the beginning of the first line: what follows is below the cursor.
                keys = ("DC", "C-e", "C-u")
            else:
                break
            desk = after
        if lost := drafts.missing(whole, desk.draft):
            await self._courier.deliver(target, lost, enter=False)
        return False

    async def _erase_line(self, target: Target) -> str:
        """In a line editor of unknown make: what "delete to the beginning" takes away is the draft."""
        untouched = await self._look(target)
        await self._press(target, "C-e")
        before = await self._settled(target)
        await self._press(target, "C-u")
        after = await self._changed(target, before)
        if after.cursor[::-1] > before.cursor[::-1]:
            # The first key was shown only now.
            before, after = after, await self._changed(target, after)
        draft = drafts.removed(before.lines, before.cursor, after.cursor)
        # The terminal itself, which edits lines for simple programs, knows no "to the end" and shows the key.
        shows_key = before.lines != untouched.lines and draft.endswith("^E")
        return draft[:-2] if shows_key else draft

    async def _press(self, target: Target, *keys: str) -> None:
        await self._actor.batch([("send-keys", "-t", target.pane_id, *keys)])

    async def _changed(self, target: Target, before: Desk) -> Desk:
        """The next look that differs, or the last one in time."""
        deadline = time.monotonic() + ERASE_SECONDS
        while True:
            desk = await self._look(target)
            if (desk.lines, desk.cursor) != (before.lines, before.cursor) or time.monotonic() > deadline:
                return desk
            await asyncio.sleep(0.02)

    async def _settled(self, target: Target) -> Desk:
        desk = await self._look(target)
        while True:
            await asyncio.sleep(0.04)
            after = await self._look(target)
            if (after.lines, after.cursor) == (desk.lines, desk.cursor):
                return after
            desk = after

    async def _look(self, target: Target) -> Desk:
        where = ("display-message", "-p", "-t", target.pane_id, "#{cursor_x} #{cursor_y} #{pane_width}")
        state, captured = await self._reader.batch([where, ("capture-pane", "-p", "-e", "-t", target.pane_id)])
        if state.error is not None or captured.error is not None:
            return Desk("", (), (0, 0))
        column, row, width = (int(number) for number in state.lines[0].split())
        lines = tuple(drafts.plain(line) for line in captured.lines)
        backend = target.backend
        if backend is None or backend.input_line is None:
            return Desk(await self._line_draft(target, lines, (column, row)), lines, (column, row))
        asked = drafts.is_asked(lines, backend)
        draft = drafts.in_box(captured.lines, backend, width) if not asked else None
        return Desk(draft or "", lines, (column, row), asked)

    async def _line_draft(self, target: Target, lines: tuple[str, ...], cursor: tuple[int, int]) -> str:
        """Only a program that waits for a line can have one half-typed in front of it."""
        typed = drafts.before_cursor(lines, cursor)
        if not typed:
            return ""
        reads_lines = await asyncio.to_thread(processes.waits_at_terminal, target.pid)
        return typed if reads_lines else ""
