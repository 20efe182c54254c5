"""A text as a person reads it: without colours, characters of no width, the escapes of JSON, numbers before its lines.

What hides a secret from a pattern hides it from no reader, so the patterns look at these views too, and what they find
is taken from where it stands in the text.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

Show = Callable[[re.Match[str]], str]

_INVISIBLE = re.compile(
    r"(?:\x1b|\\{1,8}(?:u001b|x1b|033|e(?=\[)))"
    r"(?:\[[0-9;:?]{0,32}[A-Za-z]|\][^\x07\x1b\\\n]{0,512}(?:\x07|\x1b\\|\\{1,8}(?:u0007|x07|a)|\\{1,8}u001b\\{1,8}))"
    r"|[\u00ad\u200b-\u200d\u2060\ufeff]"
)
_ENTITY = re.compile(r"&(?:quot|apos|amp|lt|gt|nbsp|#\d{1,5}|#x[0-9a-fA-F]{1,4});|[\u00a0\u202f]")
_ESCAPE = re.compile(r"\\(?:[\"\\/bfnrt]|u[0-9a-fA-F]{4})")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LINE_PREFIX = re.compile(
    r"^[\"']?(?:[ \t]{0,8}\d{1,6}(?:→|\t|[ ]?[|│][ ]?)|[+-](?![+-])|>[ ]?|(?:\./)?[\w@./-]{1,200}[:-]\d{1,6}[:-]"
    r"|\d{4}-\d\d-\d\d[T ][\d:.,]{8,15}(?:Z|[+-]\d\d:?\d\d)?[ \t]{1,4}(?:\[?[A-Z]{4,8}\]?:?[ \t]{1,4})?)",
    re.MULTILINE,
)
MOST_ESCAPES = 3


class View:
    """A text with what `hidden` matches shown otherwise, and where each part of it stands in the text."""

    def __init__(self, text: str, hidden: re.Pattern[str], show: Show = lambda _match: "") -> None:
        self._segments: list[tuple[int, int, int]] = []
        self._starts: list[int] = []
        self._length = 0
        parts, position = [], 0
        for match in hidden.finditer(text):
            parts += [text[position : match.start()], shown := show(match)]
            self._add(position, match.start(), match.start() - position)
            self._add(match.start(), match.end(), len(shown))
            position = match.end()
        self._add(position, len(text), len(text) - position)
        self.text = "".join([*parts, text[position:]])
        self.is_all = self.text == text

    def _add(self, start: int, end: int, shown: int) -> None:
        if shown:
            self._starts.append(self._length)
            self._segments.append((start, end, shown))
            self._length += shown

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the text a span of what is shown lies, with all that is hidden in it."""
        return self._place(start)[0], self._place(end - 1)[1]

    def _place(self, shown: int) -> tuple[int, int]:
        index = bisect_right(self._starts, shown) - 1
        start, end, length = self._segments[index]
        if length != end - start:
            return start, end
        place = start + shown - self._starts[index]
        return place, place + 1


def visible(text: str) -> str:
    """`text` without what a terminal does not show."""
    return View(text, _INVISIBLE).text


def views(text: str) -> Iterator[tuple[str, list[View]]]:
    """The text in each way it may be read, with the views that lead back from it, the last one first."""
    way: list[View] = []
    yield text, way
    yield from _without_prefixes(text, way)
    for hidden, show in ((_INVISIBLE, _nothing), (_ENTITY, _entity), *[(_ESCAPE, _escape)] * MOST_ESCAPES):
        view = View(text, hidden, show)
        if view.is_all:
            continue
        text, way = view.text, [view, *way]
        yield text, way
        yield from _without_prefixes(text, way)


def _without_prefixes(text: str, way: list[View]) -> Iterator[tuple[str, list[View]]]:
    view = View(text, _LINE_PREFIX)
    if not view.is_all:
        yield view.text, [view, *way]


def _nothing(_match: re.Match[str]) -> str:
    return ""


def _entity(match: re.Match[str]) -> str:
    return html.unescape(match[0]).replace("\u00a0", " ").replace("\u202f", " ")


def _escape(match: re.Match[str]) -> str:
    sign = match[0][1]
    return chr(int(match[0][2:], 16)) if sign == "u" else _ESCAPED.get(sign, sign)
