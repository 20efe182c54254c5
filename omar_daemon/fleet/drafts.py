"""A person's half-typed text in an agent's input: seen, waited for, and put back after a delivery.

What a program shows in an empty input (a suggestion, a hint) is dim on all known screens and is no draft.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from omar_daemon.fleet import screen
from omar_daemon.fleet.backends import Backend

_STYLE = re.compile(r"\x1b\[([0-9;:]*)m")
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9])|[\x0e\x0f]")
_RULE = re.compile(r"\s*[─━═╌╭╮╰╯┌┐└┘╹╻▀▄█▔▁]{3,}")
_BAR = re.compile(r"^\s*[┃│]")
_SIGN = re.compile(r"\s*[│]?\s*[❯>›→](?:\s|\Z)")
_BARRED = re.compile(r"\s*[┃│] {0,2}")
_COLLAPSED_ONLY = re.compile(r"\[Pasted")
_PLACEHOLDERS = re.compile(r"\s*(Ask anything|Plan, search, build anything|Add a follow-up)")
GREY_LIMIT, GREY_SPREAD = 160, 16
WRAPPED_SHARE = 0.6
MOST_LINES = 15


@dataclass
class _Ink:
    """How the next characters are drawn: weak ones are a suggestion. Weight and colour change independently."""

    dim: bool = False
    grey: bool = False

    def apply(self, parameters: str) -> None:
        """Take in the numbers of one style sequence."""
        codes = [int(code) if code.isdigit() else 0 for code in re.split("[;:]", parameters)]
        while codes:
            code = codes.pop(0)
            if code in (38, 48):
                grey = _is_grey(codes)
                self.grey = grey if code == 38 else self.grey
            elif code in (0, 2, 22):
                self.dim = code == 2
                self.grey = self.grey and code != 0
            elif code == 39 or 30 <= code <= 37 or 90 <= code <= 97:
                self.grey = code == 90


def _is_grey(codes: list[int]) -> bool:
    """Take an extended colour off the list; whether it is a dark grey."""
    kind = codes.pop(0) if codes else 0
    if kind == 5 and codes:
        return 236 <= codes.pop(0) <= 248
    if kind == 2 and len(codes) >= 3:
        parts = [codes.pop(0) for _ in range(3)]
        return max(parts) - min(parts) <= GREY_SPREAD and max(parts) <= GREY_LIMIT
    return False


def solid(styled: str) -> tuple[str, int]:
    """A captured line without its weak characters (blanks stand for them), and how many those were."""
    ink = _Ink()
    kept: list[str] = []
    hidden = position = 0
    for found in [*_STYLE.finditer(styled), None]:
        text = _ESCAPE.sub("", styled[position : found.start() if found else len(styled)])
        weak = ink.dim or ink.grey
        kept.append(" " * len(text) if weak else text)
        hidden += len(text.strip()) if weak else 0
        if found:
            ink.apply(found.group(1))
            position = found.end()
    return "".join(kept).rstrip(), hidden


def plain(styled: str) -> str:
    """A captured line without its styles."""
    return _ESCAPE.sub("", styled).rstrip()


def in_box(styled: Sequence[str], backend: Backend, width: int) -> str | None:
    """What stands in the input box of a known program, "" when it is empty, None when there is no box.

    `styled` are the lines of a capture with their colours, `width` the columns of the screen.
    """
    where = _box([plain(line) for line in styled], backend)
    if where is None:
        return None
    rows = [solid(line) for line in styled[where.start : where.stop]]
    texts = _without_margin([text for text, _ in rows])
    kept = [text for text in texts if not _is_decoration(text, backend)]
    draft = _unwrapped(kept, width).strip()
    # The block of a cursor covers the first letter of a suggestion.
    return "" if len(draft) == 1 and any(hidden for _, hidden in rows) else draft


def _box(lines: Sequence[str], backend: Backend) -> range | None:
    pattern = backend.input_line
    if pattern is None:
        return None
    starts = [number for number, line in enumerate(lines) if pattern.search(line)]
    if not starts:
        return None
    # A line of the draft may itself look like the sign; right below a rule it is the sign.
    framed = [number for number in starts if number and _RULE.match(lines[number - 1])]
    start = (framed or starts)[-1]
    if "┃" in lines[start]:
        return range(_top_of_bar(lines, start), start + 1)
    below = range(start + 1, len(lines))
    ruled = next((row for row in below if _RULE.match(lines[row])), None)
    return range(start, _end_above_status(lines, start, backend) if ruled is None else ruled)


def _end_above_status(lines: Sequence[str], start: int, backend: Backend) -> int:
    """Where a box without a frame ends: before the blank row above the status lines at the screen's bottom."""
    end = len(screen.trim_blank_end(lines))
    status = end
    while status > start + 1 and lines[status - 1].strip():
        status -= 1
    if any(hint.search(line) for hint in backend.hints for line in lines[status:end]):
        end = status
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return end


def _without_margin(rows: Sequence[str]) -> list[str]:
    """Rows without the prompt sign, the frame and the indentation below the sign; what the person indented stays."""
    signs = [found.end() for row in rows[:1] if (found := _SIGN.match(row))]
    bars = [found.end() for row in rows if (found := _BARRED.match(row))]
    margin = max(signs or bars, default=0)
    return [row[margin:].rstrip(" │┃") for row in rows]


def _unwrapped(rows: Sequence[str], width: int) -> str:
    """Rows as lines: a row that ends where the next one's first word did not fit was broken by the screen."""
    if not rows:
        return ""
    longest = max(cells(row) for row in rows)
    text = rows[0]
    for before, row in pairwise(rows):
        word = cells(row.split(" ")[0])
        is_broken = word and cells(before) >= WRAPPED_SHARE * width and cells(before) + 1 + word > longest
        is_one_word = cells(before.rpartition(" ")[2]) + word > longest
        text += ("" if is_one_word else " ") + row if is_broken else "\n" + row
    return text


def cells(text: str) -> int:
    """Columns a text takes on a screen."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _top_of_bar(lines: Sequence[str], row: int) -> int:
    while row and _BAR.match(lines[row - 1]):
        row -= 1
    return row


def _is_decoration(text: str, backend: Backend) -> bool:
    return bool(_PLACEHOLDERS.match(text)) or any(hint.search(text) for hint in backend.hints)


def is_asked(lines: Sequence[str], backend: Backend) -> bool:
    """Whether a question of this program stands where its input box should be: in its place, or below it."""
    patterns = (*backend.questions, *backend.not_ready)
    asked = [row for row, line in enumerate(lines) if any(pattern.search(line) for pattern in patterns)]
    boxes = [row for row, line in enumerate(lines) if backend.input_line and backend.input_line.search(line)]
    return bool(asked) and max(asked) >= max(boxes, default=0)


def missing(before: str, after: str) -> str:
    """What of a text is gone: the part between what its beginning and its end still are."""
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    return before[head : len(before) - tail]


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next(
        (place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )


def before_cursor(lines: Sequence[str], cursor: tuple[int, int]) -> str:
    """What stands on the cursor's line before it: in a program that is not known, perhaps a draft. "" for none."""
    column, row = cursor
    if row >= len(lines) or screen.is_empty_prompt(lines, cursor):
        return ""
    return lines[row][:column].strip()


def removed(before: Sequence[str], cursor_before: tuple[int, int], cursor_after: tuple[int, int]) -> str:
    """The text between two places of the cursor: what "delete to the line's beginning" took away.

    `before` is the screen with the text. Rows that are full were wrapped by the terminal.
    """
    (end_column, end_row), (column, row) = cursor_before, cursor_after
    if (row, column) >= (end_row, end_column):
        return ""
    if row == end_row:
        return before[row][column:end_column].ljust(end_column - column)
    middle = "".join(before[row + 1 : end_row])
    return before[row][column:] + middle + before[end_row][:end_column]


def can_be_put_back(draft: str) -> bool:
    """A collapsed paste is only a sign on the screen, and of a long draft only its end may be there."""
    return _COLLAPSED_ONLY.search(draft) is None and draft.count("\n") < MOST_LINES
