"""Moving and clicking through XTest. Places are screen pixels and were checked before."""

from __future__ import annotations

import time
from typing import Any

WHEEL = {"up": 4, "down": 5, "left": 6, "right": 7}
CLICK_SECONDS = 0.01
DOUBLE_CLICK_SECONDS = 0.05
DRAG_STEPS = 20
DRAG_STEP_SECONDS = 0.005


class Mouse:
    """The pointer of an open Xlib display; used by one thread."""

    def __init__(self, display: Any) -> None:
        self._display = display

    def move(self, x: int, y: int) -> None:
        from Xlib import X
        from Xlib.ext import xtest

        xtest.fake_input(self._display, X.MotionNotify, x=x, y=y)
        self._display.sync()

    def click(self, button: int, times: int = 1) -> None:
        """Press and release, `times` times within what programs take for a double click."""
        for turn in range(times):
            if turn:
                time.sleep(DOUBLE_CLICK_SECONDS)
            try:
                self._button(button, down=True)
                time.sleep(CLICK_SECONDS)
            finally:
                self._button(button, down=False)

    def drag(self, button: int, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Press at `start`, move in small steps as a hand does, release at `end`."""
        self.move(*start)
        try:
            self._button(button, down=True)
            for step in range(1, DRAG_STEPS + 1):
                time.sleep(DRAG_STEP_SECONDS)
                x, y = (a + (b - a) * step // DRAG_STEPS for a, b in zip(start, end, strict=True))
                self.move(x, y)
            time.sleep(CLICK_SECONDS)
        finally:
            self._button(button, down=False)

    def scroll(self, direction: str, notches: int) -> None:
        for _ in range(notches):
            self._button(WHEEL[direction], down=True)
            self._button(WHEEL[direction], down=False)

    def _button(self, number: int, *, down: bool) -> None:
        from Xlib import X
        from Xlib.ext import xtest

        xtest.fake_input(self._display, X.ButtonPress if down else X.ButtonRelease, number)
        self._display.sync()
