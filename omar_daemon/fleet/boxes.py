"""The input box of a known program as it stands on the screen: its rows, its cursor, and whether they are all there.

What a program shows in an empty box (a suggestion, a hint) is weak on all known screens and is no text of a person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from omar_daemon.fleet import screen
from omar_daemon.fleet.backends import Backend
from omar_daemon.fleet.styles import plain, solid

_RULE = re.compile(r"\s*[─━═╌╭╮╰╯┌┐└┘╹╻▀▄█▔▁]{3,}")
_BAR = re.compile(r"\s*[┃│]")
_SIGN = re.compile(r"\s*│?\s*[❯>›→](?=\s|\Z)")
_PLACEHOLDERS = re.compile(r"\s*(Ask anything|Plan, search, build anything|Add a follow-up)")
BARRED_SHARE, BARRED_LEAST = 3, 6
STATUS_LINES = 2


@dataclass(frozen=True, slots=True)
class Capture:
    """One look at a pane with its colours; `cursor` is column and row, `cursor_shown` whether it can be seen."""

    styled: tuple[str, ...]
    cursor: tuple[int, int]
    cursor_shown: bool
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Box:
    """An input box. `rows` are without sign, frame, margin and suggestion; there is always one.

    `cursor` is row and column in them, None when it stands elsewhere. `is_whole`: nothing of it is beyond the
    screen. `is_open`: no visible cursor says that something else takes what is typed.
    """

    rows: tuple[str, ...]
    cursor: tuple[int, int] | None
    is_whole: bool
    is_open: bool

    @property
    def draft(self) -> str:
        """What stands in it, row by row; "" for nothing but blanks."""
        text = "\n".join(self.rows)
        return text if text.strip() else ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a box stands on the screen: its first row and the row behind its last."""

    start: int
    end: int
    is_whole: bool


def read(capture: Capture, backend: Backend) -> Box | None:
    """The input box on a screen; None when there is none."""
    lines = [plain(line) for line in capture.styled]
    place = _find(lines, backend, capture.height)
    if place is None:
        return None
    inked = [solid(line) for line in capture.styled[place.start : place.end]]
    margin = _margin(lines[place.start])
    rows = [_content(text, margin) for text, _ in inked]
    cursor = _inside(capture.cursor, place, margin)
    if _is_suggestion(rows, cursor, sum(hidden for _, hidden in inked)):
        rows = [""]
    return Box(tuple(rows), cursor, place.is_whole, cursor is not None or not capture.cursor_shown)


def lines_of(lines: Sequence[str], backend: Backend) -> tuple[str, ...]:
    """The lines of a screen that show what stands in the input box; from its beginning on when it has no end."""
    place = _find(lines, backend, len(lines))
    if place is not None:
        return tuple(lines[place.start : place.end])
    starts = [row for row, line in enumerate(lines) if backend.input_line and backend.input_line.search(line)]
    return tuple(lines[starts[-1] :]) if starts else ()


def is_asked(lines: Sequence[str], backend: Backend) -> bool:
    """Whether a question of this program stands where its input box should be: in its place, or below it."""
    return _stands_instead(lines, backend, (*backend.questions, *backend.not_ready))


def is_diverted(lines: Sequence[str], backend: Backend) -> bool:
    """Whether another view of this program takes what is typed: it would run in a shell, or be lost."""
    return _stands_instead(lines, backend, backend.diverted)


def _stands_instead(lines: Sequence[str], backend: Backend, patterns: Sequence[re.Pattern[str]]) -> bool:
    found = [row for row, line in enumerate(lines) if any(pattern.search(line) for pattern in patterns)]
    boxes = [row for row, line in enumerate(lines) if backend.input_line and backend.input_line.search(line)]
    return bool(found) and max(found) >= max(boxes, default=0)


def is_beyond(lines: Sequence[str], backend: Backend) -> bool:
    """Whether the program stands on the screen without the beginning of its input box, which is higher than it."""
    bottom = screen.trim_blank_end(lines)[-STATUS_LINES:]
    return any(pattern.search(line) for pattern in backend.ready for line in bottom)


def _find(lines: Sequence[str], backend: Backend, height: int) -> _Place | None:
    pattern = backend.input_line
    starts = [number for number, line in enumerate(lines) if pattern is not None and pattern.search(line)]
    # A line of the draft, or an old message, may look like the sign; right below a rule it is the sign.
    framed = [number for number in starts if number and _RULE.match(lines[number - 1])]
    if backend.framed or framed:
        return _framed(lines, framed[-1]) if framed else None
    if not starts:
        return None
    if _BAR.match(lines[starts[-1]]):
        return _barred(lines, starts[-1], height)
    return _unframed(lines, starts[-1], backend)


def _framed(lines: Sequence[str], start: int) -> _Place:
    ruled = next((row for row in range(start + 1, len(lines)) if _RULE.match(lines[row])), None)
    return _Place(start, len(screen.trim_blank_end(lines)) if ruled is None else ruled, ruled is not None)


def _barred(lines: Sequence[str], row: int, height: int) -> _Place:
    """A box with a bar at its left (a blank row, the text, a blank row, a label) scrolls in a third of the screen."""
    start = end = row
    while start and _BAR.match(lines[start - 1]):
        start -= 1
    while end + 1 < len(lines) and _BAR.match(lines[end + 1]):
        end += 1
    if end - start < 3:
        return _Place(start, end + 1, is_whole=False)
    text_rows = end - start - 2
    return _Place(start + 1, end - 1, text_rows < max(BARRED_LEAST, height // BARRED_SHARE))


def _unframed(lines: Sequence[str], start: int, backend: Backend) -> _Place:
    """A box without a frame ends before the blank row above the status lines at the screen's bottom."""
    end = len(screen.trim_blank_end(lines))
    status = end
    while status > start + 1 and lines[status - 1].strip():
        status -= 1
    has_status = any(hint.search(line) for hint in backend.hints for line in lines[status:end])
    return _Place(start, max(start + 1, status - 1 if has_status else end), has_status)


def _margin(first: str) -> int:
    """Columns in front of the text: the sign and a blank, or the bar and two."""
    if sign := _SIGN.match(first):
        return sign.end() + 1
    return bar.end() + 2 if (bar := _BAR.match(first)) else 0


def _content(row: str, margin: int) -> str:
    """A row without frame, sign and the indentation below the sign; what the person indented stays."""
    return row[margin:].rstrip(" │┃" if _BAR.match(row) else None)


def _inside(cursor: tuple[int, int], place: _Place, margin: int) -> tuple[int, int] | None:
    column, row = cursor
    if not place.start <= row < place.end or column < margin:
        return None
    return row - place.start, column - margin


def _is_suggestion(rows: Sequence[str], cursor: tuple[int, int] | None, hidden: int) -> bool:
    text = "\n".join(rows).strip()
    if _PLACEHOLDERS.match(text):
        return cursor in (None, (0, 0))
    # The block of a cursor covers the first letter of a suggestion.
    return len(text) == 1 and hidden > 0
