"""One open display that is acted on. Everything here blocks and belongs to one thread."""

from __future__ import annotations

import contextlib
import threading

from omar_daemon.computer import displays, screenshot
from omar_daemon.computer.actions import KeyboardAction, MouseAction
from omar_daemon.computer.errors import LockedByOther, NoDisplay
from omar_daemon.computer.keyboard import Keyboard
from omar_daemon.computer.mouse import Mouse


class Desktop:
    """Raises NoDisplay when the display goes away; then it is of no more use."""

    def __init__(self, facts: displays.Facts) -> None:
        if not facts.input_works:
            raise NoDisplay(f"The display {facts.name} has no XTEST extension, so nothing can be typed or clicked.")
        self.name = facts.name
        self._display = displays.connect(facts.name)
        with displays.failures(facts.name):
            self._keyboard = Keyboard(self._display)
        self._mouse = Mouse(self._display)

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._keyboard.give_back()
            self._display.close()

    def shoot(self, limits: screenshot.Limits) -> dict[str, object]:
        return screenshot.take(self.name, limits)

    def point(self, wanted: MouseAction) -> tuple[int, int]:
        """Do a checked mouse action; the place in screen pixels. InvalidAction when that is off the screen."""
        with displays.failures(self.name):
            size = self._size()
            start = wanted.start(*size)
            end = wanted.end(*size) if wanted.action == "drag" else start
            self._mouse.move(*start)
            if wanted.action == "click":
                self._mouse.click(wanted.button)
            elif wanted.action == "double_click":
                self._mouse.click(wanted.button, times=2)
            elif wanted.action == "drag":
                self._mouse.drag(wanted.button, start, end)
            elif wanted.action == "scroll":
                self._mouse.scroll(wanted.scroll_direction or "", wanted.scroll_amount)
            return start

    def strike(self, wanted: KeyboardAction, symbols: list[int], stop: threading.Event) -> None:
        """Do a checked keyboard action. LockedByOther when `stop` was set before all was typed."""
        with displays.failures(self.name):
            if wanted.action == "key":
                self._keyboard.chord(symbols)
                return
            done = self._keyboard.type(symbols, stop)
        if done < len(symbols):
            raise LockedByOther(f"The lock was taken away while typing: {done} of {len(symbols)} characters are typed.")

    def _size(self) -> tuple[int, int]:
        size = self._display.screen().root.get_geometry()
        return int(size.width), int(size.height)
