"""What may be asked of the computer, checked as far as that needs no display."""

from __future__ import annotations

from dataclasses import dataclass

from omar_daemon.computer import keysyms
from omar_daemon.computer.errors import InvalidAction, TooMuchText
from omar_daemon.computer.mouse import WHEEL

MOUSE_ACTIONS = ("move", "click", "double_click", "drag", "scroll")
KEYBOARD_ACTIONS = ("type", "key")
LARGEST_BUTTON = 9
MOST_NOTCHES = 100
MOST_CHARACTERS = 20_000


@dataclass(frozen=True)
class MouseAction:
    """x, y, to_x and to_y are pixels of the screen, or of a screenshot that was made with `scale`."""

    action: str
    x: int
    y: int
    button: int = 1
    to_x: int | None = None
    to_y: int | None = None
    scroll_direction: str | None = None
    scroll_amount: int = 3
    scale: float | None = None

    def check(self) -> None:
        """InvalidAction for what no display could do."""
        if self.action not in MOUSE_ACTIONS:
            raise InvalidAction(f"Unknown mouse action: '{self.action}'. Use {'/'.join(MOUSE_ACTIONS)}.")
        if not 1 <= self.button <= LARGEST_BUTTON:
            raise InvalidAction(f"button must be from 1 to {LARGEST_BUTTON}.")
        if self.scale is not None and not 0.0 < self.scale <= 1.0:
            raise InvalidAction("scale must be more than 0 and at most 1, as a screenshot tells it.")
        if self.action == "drag":
            self._check_drag()
        if self.action == "scroll":
            self._check_scroll()

    def _check_drag(self) -> None:
        for name, value in (("to_x", self.to_x), ("to_y", self.to_y)):
            if value is None:
                raise InvalidAction(f"drag requires {name}.")

    def _check_scroll(self) -> None:
        if self.scroll_direction is None:
            raise InvalidAction("scroll requires scroll_direction.")
        if self.scroll_direction not in WHEEL:
            raise InvalidAction(f"Unknown scroll_direction: '{self.scroll_direction}'. Use {'/'.join(WHEEL)}.")
        if not 1 <= self.scroll_amount <= MOST_NOTCHES:
            raise InvalidAction(f"scroll_amount must be from 1 to {MOST_NOTCHES}.")

    def start(self, width: int, height: int) -> tuple[int, int]:
        """Where it happens, in screen pixels; InvalidAction when that is not on the screen."""
        return self._place("x, y", self.x, self.y, width, height)

    def end(self, width: int, height: int) -> tuple[int, int]:
        """Where a drag ends, in screen pixels."""
        return self._place("to_x, to_y", self.to_x or 0, self.to_y or 0, width, height)

    def _place(self, names: str, x: int, y: int, width: int, height: int) -> tuple[int, int]:
        scale = self.scale or 1.0
        # The middle of a screenshot's pixel, so that rounding cannot leave what the pixel shows.
        place = int((x + 0.5) / scale), int((y + 0.5) / scale)
        if x < 0 or y < 0 or int(x / scale) >= width or int(y / scale) >= height:
            shown = f" (scale {self.scale:g})" if self.scale is not None else ""
            raise InvalidAction(f"{names} ({x}, {y}){shown} is not on the screen of {width}x{height} pixels.")
        return min(place[0], width - 1), min(place[1], height - 1)


@dataclass(frozen=True)
class KeyboardAction:
    """`type` types any text, `key` presses keys by their X names."""

    action: str
    text: str

    def symbols(self) -> list[int]:
        """The keysyms to press; InvalidAction, TooMuchText."""
        if self.action not in KEYBOARD_ACTIONS:
            raise InvalidAction(f"Unknown keyboard action: '{self.action}'. Use {'/'.join(KEYBOARD_ACTIONS)}.")
        if len(self.text) > MOST_CHARACTERS:
            raise TooMuchText(f"text is longer than {MOST_CHARACTERS} characters.")
        return keysyms.of_text(self.text) if self.action == "type" else keysyms.of_chord(self.text)
