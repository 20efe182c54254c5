"""The text a person sees: without the colours of a terminal and characters of no width, which may stand in a secret."""

from __future__ import annotations

import re
from bisect import bisect_right

_INVISIBLE = re.compile(
    r"(?:\x1b|\\{1,8}(?:u001b|x1b|033|e(?=\[)))"
    r"(?:\[[0-9;:?]{0,32}[A-Za-z]|\][^\x07\x1b\\\n]{0,512}(?:\x07|\x1b\\|\\{1,8}(?:u0007|x07|a)|\\{1,8}u001b\\{1,8}))"
    r"|[\u00ad\u200b-\u200d\u2060\ufeff]"
)


class Visible:
    """What is seen of a text, and where each part of it stands in the text."""

    def __init__(self, text: str) -> None:
        self._starts: list[int] = []
        self._shifts: list[int] = []
        parts, position, seen = [], 0, 0
        for hidden in _INVISIBLE.finditer(text):
            self._add(seen, position)
            parts.append(text[position : hidden.start()])
            seen += hidden.start() - position
            position = hidden.end()
        self._add(seen, position)
        self.text = "".join([*parts, text[position:]])
        self.is_all = position == 0

    def _add(self, seen: int, position: int) -> None:
        if self._starts and self._starts[-1] == seen:
            self._shifts[-1] = position - seen
        else:
            self._starts.append(seen)
            self._shifts.append(position - seen)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the text a span of what is seen lies, with all that is hidden in it."""
        return self._place(start), self._place(end - 1) + 1

    def _place(self, seen: int) -> int:
        return seen + self._shifts[bisect_right(self._starts, seen) - 1]
