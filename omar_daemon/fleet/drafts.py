"""A person's half-typed text: what of it a key has taken away, and whether it can be read off the screen at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from omar_daemon.fleet import screen
from omar_daemon.fleet.boxes import Box
from omar_daemon.fleet.styles import cells, split_at

# Signs that stand for something which is not on the screen: a long paste, an image, the middle of a long text.
_SIGN = re.compile(r"\[(?:Pasted|Image|\.\.\.Truncated)\b[^\]]*\]")
_NUMBER = re.compile(r"\d+")
MOST_LINES = 15


def unreadable(box: Box) -> str | None:
    """Why the draft in a box cannot be read off the screen whole and exactly; None when it can."""
    if _SIGN.search(box.draft):
        return "A draft with a collapsed paste or an image stands in its input."
    if not box.is_whole or len(box.rows) > MOST_LINES:
        return "A draft too long to be read off its screen stands in its input."
    if box.cursor is None or box.cursor[0] != len(box.rows) - 1:
        return "A draft stands in its input, and the cursor is not in its last line."
    return None


def is_sign_of(draft: str, text: str) -> bool:
    """Whether a draft is nothing but the sign of a collapsed paste, and one of a text of this size."""
    return bool(_SIGN.fullmatch(draft.strip())) and shows_sign_of([draft], text)


def shows_sign_of(lines: Sequence[str], text: str) -> bool:
    """Whether a sign of a collapsed paste stands in the lines that tells the size of this text."""
    breaks = text.count("\n")
    numbers = [_NUMBER.findall(sign)[-1:] for line in lines for sign in _SIGN.findall(line)]
    return any(int(number) in (breaks, breaks + 1, len(text)) for found in numbers for number in found)


def taken_away(before: Box, after: Box) -> str | None:
    """What was erased in front of the cursor, which stood at the draft's end; None when something else happened.

    Rows that go away together were one line that the screen had broken; a break of the person's goes by itself.
    """
    if before.cursor is None or after.cursor is None or after.cursor >= before.cursor:
        return None
    (last, end), (row, column) = before.cursor, after.cursor
    kept, gone = split_at(before.rows[row], column)
    if after.rows != (*before.rows[:row], kept.rstrip()):
        return None
    if row == last:
        return split_at(before.rows[row], end)[0][len(kept) :]
    typed = split_at(before.rows[last], end)[0]
    if not typed:
        return "\n" if row == last - 1 and not gone else None
    return _joined([*([gone] if gone else []), *before.rows[row + 1 : last], typed])


def _joined(rows: Sequence[str]) -> str:
    """Rows that the screen had broken as one line: at a blank, or within a word that fills a row."""
    width, text = max(cells(row) for row in rows), rows[0]
    for before, row in pairwise(rows):
        text += ("" if cells(before) == width and " " not in before else " ") + row
    return text


def before_cursor(lines: Sequence[str], cursor: tuple[int, int]) -> str:
    """What stands on the cursor's line before it: in a program that is not known, perhaps a draft. "" for none."""
    column, row = cursor
    if row >= len(lines) or screen.is_empty_prompt(lines, cursor):
        return ""
    return lines[row][:column].strip()


def removed(before: Sequence[str], cursor_before: tuple[int, int], cursor_after: tuple[int, int], width: int) -> str:
    """The text between two places of the cursor: what "delete to the line's beginning" took away.

    `before` is the screen with the text. Rows that are full were wrapped by the terminal.
    """
    (end_column, end_row), (column, row) = cursor_before, cursor_after
    if (row, column) >= (end_row, end_column):
        return ""
    rows = [*before[row:end_row], split_at(before[end_row], end_column)[0]]
    text = split_at(rows[0], column)[1]
    for above, below in pairwise(rows):
        text += ("" if cells(above) >= width - 1 else "\n") + below
    return text
