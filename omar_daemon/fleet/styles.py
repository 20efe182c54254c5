"""A captured line and how it is drawn: weak characters are a suggestion of the program, not a person's text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_STYLE = re.compile(r"\x1b\[([0-9;:]*)m")
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9])|[\x0e\x0f]")
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


def cells(text: str) -> int:
    """Columns a text takes on a screen."""
    return sum(_width(letter) for letter in text)


def split_at(row: str, column: int) -> tuple[str, str]:
    """A row in front of a column of the screen, filled up with blanks to it, and from it on."""
    taken = 0
    for place, letter in enumerate(row):
        if taken >= column and _width(letter):
            return row[:place], row[place:]
        taken += _width(letter)
    return row + " " * (column - taken), ""


def _width(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
