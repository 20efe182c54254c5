"""One look at an agent's input, and the reasons for which nothing may be typed into it."""

from __future__ import annotations

from dataclasses import dataclass

from omar_daemon.fleet.boxes import Box

ASKED = "A question stands in the place of its input."
HIDDEN = "Its input box is not on its screen."
ELSEWHERE = "Something else than its input (a shell, a menu, a transcript) takes what is typed."
BUSY = "A draft stands in its input, and the program is still taking what was typed."
STUBBORN = "A draft stands in its input that could not be taken out."
MANY_LINES = "A draft of several lines stands in its input, and this program does not let it be taken out line by line."
OUT = "A draft that was taken out does not stand in its input again yet."


@dataclass(frozen=True, slots=True)
class Desk:
    """One look at an input. `box` is that of a known program, `typed` what stands before the cursor of another;
    `problem` says why nothing may be typed."""

    lines: tuple[str, ...]
    cursor: tuple[int, int]
    width: int
    box: Box | None = None
    typed: str = ""
    problem: str | None = None

    @property
    def draft(self) -> str:
        return self.box.draft if self.box is not None else self.typed
