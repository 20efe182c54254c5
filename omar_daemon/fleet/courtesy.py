"""Respect for the person at an agent's keyboard: a half-typed text is waited for, taken out and put back.

What cannot be taken out and put back exactly is left alone, and nothing is typed: `InputOccupied` says why.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from omar_daemon.fleet import boxes, drafts, kept, processes
from omar_daemon.fleet.boxes import Box, Capture
from omar_daemon.fleet.channel import Channel
from omar_daemon.fleet.delivery import Courier, Target, comparable
from omar_daemon.fleet.desk import ASKED, BUSY, ELSEWHERE, HIDDEN, MANY_LINES, OUT, STUBBORN, Desk
from omar_daemon.fleet.errors import AgentDead, InputOccupied
from omar_daemon.fleet.roster import Agent
from omar_daemon.fleet.styles import cells, plain
from shared.errors import OmaError

log = logging.getLogger("omar.fleet")

WAIT_SECONDS = 29.0
"""A second less than the 30 that are promised, for the draft must be taken out and put back too."""
HOLD_SECONDS = 2.0
"""How long until a text that was held back is tried again."""
LOOK_SECONDS = 0.2
KEY_SECONDS = 0.4
ERASE_SECONDS = 8.0
DOUBT_SECONDS = 0.3
RESTORE_LOOKS = 29
"""How often, once a second, a draft is tried to be put back into an input that could take it."""
RETURN_SECONDS = 5.0
REST_SECONDS = 0.5
"""How long a draft stands unchanged before it is touched: keys of a person and of ours must not mix."""
HANDS_OFF_SECONDS = 2.0
"""After a person's last key, which tmux knows to the second: this long, or one less."""
CHUNK_LENGTH = 140
"""A longer paste would be shown collapsed (by opencode, from 150 characters on)."""


class Courtesy:
    """A draft that is out of its input is on the disk, and goes back there before anything else is typed."""

    def __init__(self, reader: Channel, actor: Channel, courier: Courier) -> None:
        self._reader = reader
        self._actor = actor
        self._courier = courier
        # Programs that have shown their input box, and drafts that did not come out, by pane and process.
        self._met: set[tuple[str, int]] = set()
        self._stubborn: dict[tuple[str, int], Box] = {}

    async def wait_for_person(self, agent: Agent, target: Target, is_attached: Callable[[], Awaitable[bool]]) -> None:
        """Return when there is no draft and nobody at the keys, or it is at rest and nobody attached; after 30 s at
        most. InputOccupied."""
        await self.wait_for_return(agent, target)
        began = changed = time.monotonic()
        seen = ""
        while True:
            desk, now = await self._free_desk(target), time.monotonic()
            if desk.draft != seen:
                seen, changed = desk.draft, now
            if now - began > WAIT_SECONDS:
                return
            if not desk.draft and not await self._is_typing(target):
                return
            if desk.draft and now - changed > REST_SECONDS and not await is_attached():
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def _is_typing(self, target: Target) -> bool:
        """Whether somebody attached has just pressed a key: he may go on at once, and the letters that came between
        a text and its Enter would be submitted with it."""
        asked = "#{session_attached} #{session_activity}"
        reply = (await self._reader.batch([("display-message", "-p", "-t", target.pane_id, asked)]))[0]
        if reply.error is not None:
            return False
        attached, last_key = (int(number) for number in reply.lines[0].split())
        return attached > 0 and time.time() - last_key < HANDS_OFF_SECONDS

    async def wait_for_return(self, agent: Agent, target: Target) -> None:
        """While an earlier draft is on its way back; not for what stands in its way, which `aside` tells."""
        deadline = time.monotonic() + RETURN_SECONDS
        while is_out(agent) and time.monotonic() < deadline and (await self._look(target)).problem is None:
            await asyncio.sleep(LOOK_SECONDS)

    @contextlib.asynccontextmanager
    async def aside(self, agent: Agent, target: Target, own: str = "") -> AsyncIterator[None]:
        """Meanwhile the input is empty; a draft stands there again afterwards. The caller has the agent's turn.
        Raises InputOccupied.

        `own` is what was sent there without Enter: that is no person's, and stays.
        """
        draft = await self._take_out(agent, target, own)
        try:
            yield
        finally:
            if draft:
                await self._give_back(agent, target, draft)

    @contextlib.asynccontextmanager
    async def round(self, agent: Agent, target: Target, own: str) -> AsyncIterator[None]:
        """`aside` for a text that was sent: it may answer a question, and only known programs show what a draft is."""
        known = target.backend is not None and target.backend.input_line is not None
        if not known or (await self._look(target)).problem == ASKED:
            yield
            return
        async with self.aside(agent, target, own):
            yield

    def restore(self, agent: Agent, target: Target) -> None:
        """Put back what this daemon, or one that was killed, has taken out, as soon as the input takes it."""
        agent.restoration = asyncio.create_task(self._restore(agent, target))

    async def give_up(self, agent: Agent) -> None:
        """A draft that has no input to go back to stays on the disk, and the log says where."""
        path = await asyncio.to_thread(kept.leave, agent.name)
        if path is not None:
            log.warning("a draft could not be put back into agent %s; it is kept in %s", agent.name, path)

    async def _restore(self, agent: Agent, target: Target) -> None:
        draft = await asyncio.to_thread(kept.load, agent.name)
        looks = RESTORE_LOOKS if draft is not None else 0
        while looks and agent.record.stage != "ended":
            try:
                async with agent.turn:
                    desk = await self._look(target)
                    if await self._complete(target, draft or "", desk):
                        return
                # A question is waited for as long as it stands.
                looks -= desk.problem is None
            except AgentDead:
                break
            except OmaError as error:
                looks -= 1
                log.warning("a draft does not go back into agent %s yet: %s", agent.name, error.message)
            await asyncio.sleep(1.0)
        await self.give_up(agent)

    async def _complete(self, target: Target, draft: str, desk: Desk) -> bool:
        """Whether the draft stands again. While something else stands there, perhaps the text of an event that is
        still to be submitted, it does not."""
        missing = kept.rest(draft, desk.draft) if desk.problem is None else None
        return missing is not None and await self._put_back(target, missing)

    async def _take_out(self, agent: Agent, target: Target, own: str) -> str:
        desk = await self._free_desk(target, own)
        if is_out(agent):
            raise InputOccupied(OUT)
        if not desk.draft or _is_own(desk, own):
            return ""
        box = await self._at_its_end(target, desk.box) if desk.box is not None else None
        await _keep_first(agent, desk.draft)
        try:
            erase = self._take_out_of_box(target, box) if box is not None else self._erase_line(target)
            taken = await erase
        except BaseException:
            if not is_out(agent):
                self.restore(agent, target)
            raise
        await _keep_exactly(agent, taken)
        return taken

    async def _free_desk(self, target: Target, own: str = "") -> Desk:
        """A look at the input; InputOccupied when what is there must be left alone."""
        deadline = time.monotonic() + DOUBT_SECONDS
        while True:
            desk = await self._look(target)
            problem = desk.problem or self._why_unreadable(target, desk, own)
            if problem is None:
                return desk
            # The look may have met a screen that was half drawn.
            if time.monotonic() > deadline:
                raise InputOccupied(problem)
            await asyncio.sleep(0.05)

    def _why_unreadable(self, target: Target, desk: Desk, own: str) -> str | None:
        if desk.box is None or not desk.draft or _is_own(desk, own):
            return None
        tried = self._stubborn.get(_program(target))
        if tried is not None and tried.rows == desk.box.rows:
            return STUBBORN
        if len(desk.box.rows) > 1 and target.backend is not None and not target.backend.erases_lines:
            return MANY_LINES
        return drafts.unreadable(desk.box)

    async def _take_out_of_box(self, target: Target, found: Box) -> str:
        """Empty a box key by key, for what each took away tells the breaks of a person from those of the screen."""
        box, taken = found, ""
        while box.draft:
            erased = await self._erase(target, box)
            if erased is None:
                # What is gone nevertheless is put back from the disk, where all of it is kept.
                self._stubborn[_program(target)] = found
                raise InputOccupied(STUBBORN)
            box, taken = erased[0], erased[1] + taken
        return taken

    async def _erase(self, target: Target, box: Box) -> tuple[Box, str] | None:
        """The box once "delete to the beginning" has worked, and what that took away; None when it did not in time."""
        await self._key(target, "C-u")
        deadline = time.monotonic() + ERASE_SECONDS
        seen = box
        while time.monotonic() < deadline:
            now = (await self._look(target)).box or box
            if now == seen != box:
                if (piece := drafts.taken_away(box, now)) is not None:
                    return now, piece
                # A key from before, that a slow program has only shown now.
                box = now
            seen = now
            await asyncio.sleep(0.02)
        return None

    async def _at_its_end(self, target: Target, box: Box) -> Box:
        """With the cursor at the draft's end. A key to the left and one back again: once the program has shown both
        it has taken everything that was typed before, and what our keys do can be told from what a person's did."""
        row, column = box.cursor or (0, 0)
        if column < cells(box.rows[row]):
            box = await self._press(target, box, "C-e", KEY_SECONDS)
        moved = await self._press(target, box, "Left", ERASE_SECONDS)
        back = await self._press(target, moved, "Right", ERASE_SECONDS)
        if moved == box or back != box:
            raise InputOccupied(BUSY)
        return back

    async def _give_back(self, agent: Agent, target: Target, draft: str) -> None:
        """Now, or when the person has answered the question that stands in the draft's place. What was delivered
        meanwhile has arrived, whatever goes wrong here."""
        try:
            if await self._put_back(target, draft):
                return
        except OmaError as error:
            log.warning("a draft does not go back into agent %s yet: %s", agent.name, error.message)
        self.restore(agent, target)

    async def _put_back(self, target: Target, draft: str) -> bool:
        """Type the draft again, without submitting it; False while a question stands, which it might answer."""
        if (await self._look(target)).problem is not None:
            return False
        await self._type(target, draft)
        await asyncio.to_thread(kept.drop, target.name)
        return True

    async def _type(self, target: Target, text: str) -> None:
        """As a person would, line by line: a text of several lines in one paste would be shown collapsed."""
        if target.backend is None or target.backend.input_line is None:
            await self._courier.deliver(target, text, enter=False)
            return
        for number, line in enumerate(text.split("\n")):
            if number and (box := (await self._look(target)).box) is not None:
                await self._press(target, box, "C-j", ERASE_SECONDS)
            for start in range(0, len(line), CHUNK_LENGTH):
                await self._courier.deliver(target, line[start : start + CHUNK_LENGTH], enter=False)

    async def _erase_line(self, target: Target) -> str:
        """In a line editor of unknown make: what "delete to the beginning" takes away is the draft."""
        untouched = await self._look(target)
        await self._key(target, "C-e")
        before = await self._settled(target)
        await self._key(target, "C-u")
        after = await self._changed(target, before)
        if after.cursor[::-1] > before.cursor[::-1]:
            # The first key was shown only now.
            before, after = after, await self._changed(target, after)
        draft = drafts.removed(before.lines, before.cursor, after.cursor, before.width)
        # The terminal itself, which edits lines for simple programs, knows no "to the end" and shows the key.
        shows_key = before.lines != untouched.lines and draft.endswith("^E")
        return draft[:-2] if shows_key else draft

    async def _key(self, target: Target, key: str) -> None:
        # Copy mode would take the key for its own.
        leave = ("copy-mode", "-q", "-t", target.pane_id)
        await self._actor.batch([leave, ("send-keys", "-t", target.pane_id, key)])

    async def _press(self, target: Target, before: Box, key: str, seconds: float) -> Box:
        """The box once a key has changed it and it has come to rest, or as it was when nothing came in time."""
        await self._key(target, key)
        deadline = time.monotonic() + seconds
        seen = before
        while True:
            box = (await self._look(target)).box or before
            if box == seen != before:
                return box
            if box == before and time.monotonic() > deadline:
                return before
            seen = box
            await asyncio.sleep(0.02)

    async def _changed(self, target: Target, before: Desk) -> Desk:
        """The next look that differs, or the last one in time."""
        deadline = time.monotonic() + KEY_SECONDS
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
        where = "#{cursor_x} #{cursor_y} #{cursor_flag} #{pane_width} #{pane_height}"
        shown = ("display-message", "-p", "-t", target.pane_id, where)
        state, captured = await self._reader.batch([shown, ("capture-pane", "-p", "-e", "-t", target.pane_id)])
        if state.error is not None or captured.error is not None:
            return Desk((), (0, 0), 0)
        column, row, visible, width, height = (int(number) for number in state.lines[0].split())
        capture = Capture(captured.lines, (column, row), visible == 1, width, height)
        lines = tuple(plain(line) for line in captured.lines)
        if target.backend is None or target.backend.input_line is None:
            return Desk(lines, capture.cursor, width, typed=await self._line_draft(target, lines, capture.cursor))
        box = boxes.read(capture, target.backend)
        return Desk(lines, capture.cursor, width, box, problem=self._problem(target, lines, box))

    def _problem(self, target: Target, lines: tuple[str, ...], box: Box | None) -> str | None:
        """Why a known program would not take a text as a message now."""
        assert target.backend is not None
        if boxes.is_asked(lines, target.backend):
            return ASKED
        if boxes.is_diverted(lines, target.backend):
            return ELSEWHERE
        if box is not None:
            self._met.add(_program(target))
            return None if box.is_open else ELSEWHERE
        # Another program of that name, or a new face, is taken as it is.
        is_known = _program(target) in self._met or boxes.is_beyond(lines, target.backend)
        return HIDDEN if is_known else None

    async def _line_draft(self, target: Target, lines: tuple[str, ...], cursor: tuple[int, int]) -> str:
        """Only a program that waits for a line can have one half-typed in front of it."""
        typed = drafts.before_cursor(lines, cursor)
        if not typed:
            return ""
        reads_lines = await asyncio.to_thread(processes.waits_at_terminal, target.pid)
        return typed if reads_lines else ""


def is_out(agent: Agent) -> bool:
    """Whether a draft was taken out of its input and is still to be put back."""
    return agent.restoration is not None and not agent.restoration.done()


async def _keep_first(agent: Agent, draft: str) -> None:
    """As the screen shows it, before it is touched; InputOccupied when it would be nowhere but in memory."""
    try:
        await asyncio.to_thread(kept.keep, agent.name, draft)
    except OmaError as error:
        raise InputOccupied(f"A draft stands in its input that cannot be kept meanwhile: {error.message}") from error


async def _keep_exactly(agent: Agent, taken: str) -> None:
    """As it was: the keys that took it away have told what the screen does not."""
    if not taken:
        await asyncio.to_thread(kept.drop, agent.name)
        return
    # What the screen showed is kept already, and what was taken out goes back from memory.
    with contextlib.suppress(OmaError):
        await asyncio.to_thread(kept.keep, agent.name, taken)


def _program(target: Target) -> tuple[str, int]:
    return target.pane_id, target.pid


def _is_own(desk: Desk, own: str) -> bool:
    """Whether a draft is what was typed from here, and nothing else."""
    if not own:
        return False
    return comparable(desk.draft) == comparable(own) or drafts.is_sign_of(desk.draft, own)
