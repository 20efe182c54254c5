"""A person's half-typed text in an agent's input: seen, waited for, and put back after a delivery.

What a program shows in an empty input (a suggestion, a hint) is dim on all known screens and is no draft.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from omar_daemon.fleet import screen
from omar_daemon.fleet.backends import Backend

_STYLE = re.compile(r"\x1b\[([0-9;:]*)m")
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9])|[\x0e\x0f]")
_RULE = re.compile(r"\s*[─━═╌╭╮╰╯┌┐└┘╹╻▀▄█▔▁]{3,}")
_BAR = re.compile(r"^\s*[┃│]")
_MARGIN = re.compile(r"^\s*[┃│]?\s*(?:[❯>›→](?:\s|\Z))?\s?")
_COLLAPSED_ONLY = re.compile(r"\[Pasted")
_PLACEHOLDERS = re.compile(r"\s*(Ask anything|Plan, search, build anything|Add a follow-up)")
GREY_LIMIT, GREY_SPREAD = 160, 16


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


def in_box(styled: Sequence[str], backend: Backend) -> str | None:
    """What stands in the input box of a known program, "" when it is empty, None when there is no box.

    `styled` are the lines of a capture with their colours.
    """
    where = _box([plain(line) for line in styled], backend)
    if where is None:
        return None
    rows = [solid(line) for line in styled[where.start : where.stop]]
    texts = [_MARGIN.sub("", text, count=1).rstrip(" │┃") for text, _ in rows]
    kept = [text for text in texts if not _is_decoration(text, backend)]
    draft = "\n".join(kept).strip()
    # The block of a cursor covers the first letter of a suggestion.
    return "" if len(draft) == 1 and any(hidden for _, hidden in rows) else draft


def _box(lines: Sequence[str], backend: Backend) -> range | None:
    pattern = backend.input_line
    if pattern is None:
        return None
    start = next((number for number in range(len(lines) - 1, -1, -1) if pattern.search(lines[number])), None)
    if start is None:
        return None
    if "┃" in lines[start]:
        return range(_top_of_bar(lines, start), start + 1)
    end = start + 1
    while end < len(lines) and not _is_below_box(lines[end], backend):
        end += 1
    return range(start, end)


def _top_of_bar(lines: Sequence[str], row: int) -> int:
    while row and _BAR.match(lines[row - 1]):
        row -= 1
    return row


def _is_below_box(line: str, backend: Backend) -> bool:
    return not line.strip() or bool(_RULE.match(line)) or any(hint.search(line) for hint in backend.hints)


def _is_decoration(text: str, backend: Backend) -> bool:
    if not text.strip() or _PLACEHOLDERS.match(text):
        return True
    return any(hint.search(text) for hint in backend.hints)


def is_asked(lines: Sequence[str], backend: Backend) -> bool:
    """Whether a question of this program stands where its input box should be: in its place, or below it."""
    patterns = (*backend.questions, *backend.not_ready)
    asked = [row for row, line in enumerate(lines) if any(pattern.search(line) for pattern in patterns)]
    boxes = [row for row, line in enumerate(lines) if backend.input_line and backend.input_line.search(line)]
    return bool(asked) and max(asked) >= max(boxes, default=0)


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
    """A collapsed paste is only a sign on the screen: its text cannot be typed again."""
    return _COLLAPSED_ONLY.search(draft) is None
