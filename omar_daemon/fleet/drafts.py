"""A person's half-typed text in an agent's input: seen, waited for, and put back after a delivery.

What a program shows in an empty input (a suggestion, a hint) is dim on all known screens and is no draft.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from omar_daemon.fleet import screen
from omar_daemon.fleet.backends import Backend

_STYLE = re.compile(r"\x1b\[([0-9;:]*)m")
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9])|[\x0e\x0f]")
_RULE = re.compile(r"\s*[─━═╌╭╮╰╯┌┐└┘╹╻▀▄█▔▁]{3,}")
_BAR = re.compile(r"^\s*[┃│]")
_MARGIN = re.compile(r"^\s*[┃│]?\s*(?:[❯>›→](?:\s|\Z))?\s?")
_COLLAPSED_ONLY = re.compile(r"\[Pasted")
_PLACEHOLDERS = re.compile(r"\s*(Ask anything|Plan, search, build anything|Add a follow-up)")
_GREY_LIMIT = 160


def solid(styled: str) -> tuple[str, int]:
    """A captured line without its dim or grey characters (blanks stand for them), and how many those were."""
    kept: list[str] = []
    hidden = position = 0
    faint = False
    for found in _STYLE.finditer(styled):
        text = _ESCAPE.sub("", styled[position : found.start()])
        kept.append(" " * len(text) if faint else text)
        hidden += len(text.strip()) if faint else 0
        faint = _is_faint(found.group(1), faint)
        position = found.end()
    rest = _ESCAPE.sub("", styled[position:])
    kept.append(" " * len(rest) if faint else rest)
    return "".join(kept).rstrip(), hidden + (len(rest.strip()) if faint else 0)


def plain(styled: str) -> str:
    """A captured line without its styles."""
    return _ESCAPE.sub("", styled).rstrip()


def _is_faint(parameters: str, before: bool) -> bool:
    """Whether text is faint after a style sequence, given whether it was before."""
    codes = [int(code) if code.isdigit() else 0 for code in re.split("[;:]", parameters)] or [0]
    faint = before
    while codes:
        code = codes.pop(0)
        if code in (38, 48) and codes:
            color = _extended_color(codes)
            faint = color if code == 38 else faint
        elif code in (2, 90):
            faint = True
        elif code in (0, 22, 39) or 30 <= code <= 37 or 91 <= code <= 97:
            faint = False
    return faint


def _extended_color(codes: list[int]) -> bool:
    """Take an extended colour off the list; whether it is a dark grey."""
    kind = codes.pop(0)
    if kind == 5 and codes:
        return 236 <= codes.pop(0) <= 248
    if kind == 2 and len(codes) >= 3:
        red, green, blue = codes.pop(0), codes.pop(0), codes.pop(0)
        return max(red, green, blue) - min(red, green, blue) <= 16 and max(red, green, blue) <= _GREY_LIMIT
    return False


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
