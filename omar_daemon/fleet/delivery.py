"""Bringing a text into a pane so that it arrives: whole, once, exactly, and submitted.

A unique buffer from a 0600 file is pasted (bracketed when the program asked for it, line feeds kept); the screen
must show it before Enter follows as a key of its own, and must change after it.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from omar_daemon.fleet import boxes, drafts, processes, screen, spool
from omar_daemon.fleet.backends import Backend
from omar_daemon.fleet.channel import Channel
from omar_daemon.fleet.connection import Command, literal_path
from omar_daemon.fleet.errors import AgentDead, DeliveryFailed, InvalidRequest

FIRST_PAUSE, LONGEST_PAUSE = 0.004, 0.08
QUIET_SECONDS = 0.5
QUIET_LIMIT_SECONDS = 15.0
BLANK_SECONDS = 1.5
STRANGER_SECONDS = 0.8
RENDER_SECONDS = 3.0
RENDER_SECONDS_UNKNOWN = 0.8
SUBMIT_SECONDS = 2.0
ATTEMPTS = 3
TAIL_LENGTH = 24
KEYSTROKE_LENGTH = 3

_REFUSED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_UNCERTAIN = re.compile(r"[^\x21-\x7e]")

Phase = Callable[[Literal["sending", "entering"]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Shot:
    """One look at a pane."""

    lines: tuple[str, ...]
    cursor: str
    dead: bool


@dataclass(frozen=True, slots=True)
class Target:
    """Where a text goes: the pane by its id, its first process, and the program in it if it is known."""

    name: str
    pane_id: str
    pid: int
    backend: Backend | None


def checked_bytes(text: str, *, raw: bool) -> bytes:
    """The bytes to type; InvalidRequest for control characters unless `raw`, and for text that is no Unicode."""
    if not raw and (found := _REFUSED.search(text)):
        raise InvalidRequest(
            f"text holds the control character U+{ord(found.group()):04X}; only line feed and tab are allowed"
            " (set raw to type it as a key)."
        )
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidRequest("text is not valid Unicode text.") from None


class Patience:
    """How long a screen has been watched for the markers of its program, and how long it has not changed."""

    def __init__(self) -> None:
        self._began = self._changed = time.monotonic()
        self._seen: tuple[tuple[str, ...], str] | None = None
        self.quiet = 0.0
        self.waited = 0.0

    def look(self, shot: Shot, *, asked: bool) -> None:
        """Take in one look; while a question stands (`asked`) the waiting starts again."""
        now = time.monotonic()
        if (shot.lines, shot.cursor) != self._seen:
            self._seen, self._changed = (shot.lines, shot.cursor), now
        if asked:
            self._began = now
        self.quiet, self.waited = now - self._changed, now - self._began

    def gives_up(self, shot: Shot, sleeps_at_terminal: Callable[[], bool], *, refused: bool) -> bool:
        """Whether a screen without markers must be taken as it is: another program of that name, or a new face."""
        if refused or self.quiet < QUIET_SECONDS:
            return False
        if self.waited > QUIET_LIMIT_SECONDS and any(line.strip() for line in shot.lines):
            return True
        return self.quiet > STRANGER_SECONDS and sleeps_at_terminal()


class Courier:
    """Delivers to any number of panes side by side; the caller keeps deliveries to one pane in order."""

    def __init__(self, reader: Channel, actor: Channel) -> None:
        self._reader = reader
        self._actor = actor

    async def wait_ready(self, target: Target) -> None:
        """Return when the program takes input: its markers stand, or its screen is quiet.

        A question on the screen is for a person: there is no time limit while one stands. AgentDead, or
        DeliveryFailed when a known backend shows nothing at all in time.
        """
        backend = target.backend
        if backend is not None and backend.ready:
            await self._wait_markers(target, backend)
        else:
            await self._wait_quiet(target, QUIET_LIMIT_SECONDS)

    async def _wait_markers(self, target: Target, backend: Backend) -> None:
        patience = Patience()
        while True:
            shot = await self._living_shot(target)
            patience.look(shot, asked=screen.find_question(shot.lines, backend) is not None)
            if has_markers(shot.lines, backend):
                if patience.quiet > 0:
                    return
            elif patience.gives_up(
                shot, lambda: processes.waits_at_terminal(target.pid), refused=_refused(shot, backend)
            ):
                return
            if patience.waited > backend.ready_seconds:
                raise DeliveryFailed(
                    f"the input box of {backend.name} did not appear within {backend.ready_seconds:.0f} s"
                )
            await asyncio.sleep(0.15)

    async def _wait_quiet(self, target: Target, limit: float) -> None:
        began = last_change = time.monotonic()
        seen: tuple[tuple[str, ...], str] | None = None
        while time.monotonic() - began < limit:
            shot = await self._living_shot(target)
            if processes.waits_at_terminal(target.pid):
                return
            now = time.monotonic()
            if (shot.lines, shot.cursor) != seen:
                seen, last_change = (shot.lines, shot.cursor), now
            blank = not any(line.strip() for line in shot.lines)
            if now - last_change >= (BLANK_SECONDS if blank else QUIET_SECONDS):
                return
            await asyncio.sleep(0.1)

    async def deliver(
        self, target: Target, text: str, *, enter: bool, raw: bool = False, phase: Phase | None = None
    ) -> None:
        """Paste `text`, and submit it when `enter`. `phase` is told `sending` before the paste and `entering`
        before Enter. Raises AgentDead or DeliveryFailed."""
        body = checked_bytes(text, raw=raw)
        before = await self._living_shot(target)
        keys = raw or self._is_answer(target, text, before)
        shown = not body
        if body:
            if phase is not None:
                await phase("sending")
            shown = await self._put_in(target, body, text, before, keys=keys)
        if enter:
            if phase is not None:
                await phase("entering")
            await self.submit(target, text, certain=shown and not keys and bool(body))

    async def submit(self, target: Target, text: str, *, certain: bool) -> None:
        """Press Enter. When it is `certain` that the text stands in the input, see that it left it, up to 3 times."""
        if certain:
            await asyncio.sleep(target.backend.enter_seconds if target.backend else 0.0)
        for _ in range(ATTEMPTS if certain else 1):
            before = await self._living_shot(target)
            await self._press_enter(target)
            if not certain or await self._left_input(target, text, before):
                return
        raise DeliveryFailed(f"Enter was pressed {ATTEMPTS} times and the text still stands in the input")

    async def shows(self, target: Target, text: str) -> bool:
        """Whether the screen or its history shows `text` (its end, or a collapsed paste)."""
        reply = (await self._reader.batch([("capture-pane", "-p", "-J", "-S", "-2000", "-t", target.pane_id)]))[0]
        return contains(reply.lines, text, target.backend)

    async def still_in_input(self, target: Target, text: str, *, readable: bool = False) -> bool:
        """Whether `text` stands unsent in the input: in the known input box, else right before the cursor.

        `readable`: a collapsed paste of another size is no proof.
        """
        shot = await self._living_shot(target)
        if target.backend is not None and target.backend.input_line is not None:
            box = boxes.lines_of(shot.lines, target.backend)
            if boxes.is_asked(shot.lines, target.backend):
                return False
            if readable:
                return contains(box, text, None) or drafts.shows_sign_of(box, text)
            return contains(box, text, target.backend)
        column, row = (int(number) for number in shot.cursor.split(","))
        typed = comparable(shot.lines[row][:column]) if row < len(shot.lines) else ""
        end = comparable(text)[-TAIL_LENGTH:]
        return bool(typed) and (typed.endswith(end) or (len(typed) < len(end) and end.endswith(typed)))

    async def _put_in(self, target: Target, body: bytes, text: str, before: Shot, *, keys: bool) -> bool:
        """Paste until the screen shows it; whether it did. An unknown program may have its echo off."""
        known = not keys and is_familiar(before.lines, target.backend)
        for _ in range(ATTEMPTS if known else 1):
            await self._paste(target, body, bracketed=not keys)
            shot = await self._wait_shown(target, text, before, RENDER_SECONDS if known else RENDER_SECONDS_UNKNOWN)
            if shot is None:
                return True
            if shot.lines != before.lines:
                break
        if known:
            raise DeliveryFailed("the text did not appear on the screen after the paste")
        return False

    async def _paste(self, target: Target, body: bytes, *, bracketed: bool) -> None:
        name = f"omar-{secrets.token_hex(8)}"
        path = await asyncio.to_thread(spool.put, "text", body)
        flags = "-dpr" if bracketed else "-dr"
        try:
            await self._act(
                target,
                ("load-buffer", "-b", name, literal_path(str(path))),
                # Copy mode would take the text for its own commands and hide that the program wants brackets.
                ("copy-mode", "-q", "-t", target.pane_id),
                ("paste-buffer", flags, "-b", name, "-t", target.pane_id),
            )
        except BaseException:
            await self._actor.batch([("delete-buffer", "-b", name)])
            raise
        finally:
            spool.remove(path)

    async def _wait_shown(self, target: Target, text: str, before: Shot, seconds: float) -> Shot | None:
        """None as soon as the screen shows the text, else the last look after `seconds`."""
        deadline = time.monotonic() + seconds
        for pause in _pauses():
            shot = await self._living_shot(target)
            changed = shot.lines != before.lines or shot.cursor != before.cursor
            if changed and contains(shot.lines, text, target.backend):
                return None
            if time.monotonic() > deadline:
                return shot
            await asyncio.sleep(pause)
        raise AssertionError("the pauses never end")

    async def _left_input(self, target: Target, text: str, before: Shot) -> bool:
        deadline = time.monotonic() + SUBMIT_SECONDS
        for pause in _pauses():
            shot = await self._shot(target)
            if shot.dead or self._submitted(shot, before, text, target.backend):
                return True
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(pause)
        return False

    @staticmethod
    def _submitted(shot: Shot, before: Shot, text: str, backend: Backend | None) -> bool:
        if backend is None or backend.input_line is None:
            return shot.lines != before.lines or shot.cursor != before.cursor
        # A question may follow at once, with the text above it and no box: another Enter would answer it.
        if boxes.is_asked(shot.lines, backend):
            return True
        box = boxes.lines_of(shot.lines, backend)
        return shot.lines != before.lines and not contains(box, text, backend)

    @staticmethod
    def _is_answer(target: Target, text: str, shot: Shot) -> bool:
        """A short reply to a standing question is typed as keys: menus do not listen to pastes."""
        if target.backend is None or len(text) > KEYSTROKE_LENGTH or "\n" in text:
            return False
        return screen.find_question(shot.lines, target.backend) is not None

    async def _press_enter(self, target: Target) -> None:
        """The byte of the key itself: it passes copy mode and no key encoding turns it into Shift+Enter."""
        name = f"omar-{secrets.token_hex(8)}"
        paste = ("paste-buffer", "-dr", "-b", name, "-t", target.pane_id)
        await self._act(target, ("set-buffer", "-b", name, "\r"), paste)

    async def _act(self, target: Target, *commands: Command) -> None:
        for reply in await self._actor.batch(commands):
            if reply.error is not None:
                # Mostly the pane, or its tmux server, was killed since the last look.
                await self._living_shot(target)
                raise DeliveryFailed(f"tmux: {reply.error}")

    async def _living_shot(self, target: Target) -> Shot:
        shot = await self._shot(target)
        if shot.dead:
            raise AgentDead(f"Agent '{target.name}' has ended.")
        return shot

    async def _shot(self, target: Target) -> Shot:
        where = ("display-message", "-p", "-t", target.pane_id, "#{pane_dead} #{cursor_x},#{cursor_y}")
        state, captured = await self._reader.batch([where, ("capture-pane", "-p", "-t", target.pane_id)])
        if state.error is not None or captured.error is not None or not state.lines[0].startswith("0"):
            return Shot((), "", dead=True)
        return Shot(captured.lines, state.lines[0][2:], dead=False)


def _pauses() -> Iterator[float]:
    """Short ones first: most screens answer at once; a slow one is not asked too often."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 2, LONGEST_PAUSE)


def has_markers(lines: tuple[str, ...], backend: Backend) -> bool:
    """Whether all signs of a waiting input box stand on the screen, and none of a dialog before it."""
    if any(pattern.search(line) for pattern in backend.not_ready for line in lines):
        return False
    return all(any(pattern.search(line) for line in lines) for pattern in backend.ready)


def is_familiar(lines: tuple[str, ...], backend: Backend | None) -> bool:
    """Whether the screen shows the input box of its backend, so that what it does with a paste is known."""
    if backend is None or not backend.ready:
        return False
    return has_markers(lines, backend) or bool(boxes.lines_of(lines, backend))


def _refused(shot: Shot, backend: Backend) -> bool:
    """Whether a question or a dialog stands where the input box should be."""
    if screen.find_question(shot.lines, backend) is not None:
        return True
    return any(pattern.search(line) for pattern in backend.not_ready for line in shot.lines)


def contains(lines: tuple[str, ...] | list[str], text: str, backend: Backend | None) -> bool:
    """Whether the lines show the end of `text`, or the way this backend shows a long paste.

    White space is left out, for screens wrap and indent, and so is what a terminal may draw otherwise.
    """
    shown = comparable("".join(lines))
    if (end := comparable(text)[-TAIL_LENGTH:]) and end in shown:
        return True
    if backend is not None and backend.collapsed is not None:
        return any(backend.collapsed.search(line) for line in lines)
    return not end and bool(shown)


def comparable(text: str) -> str:
    return _UNCERTAIN.sub("", text)
