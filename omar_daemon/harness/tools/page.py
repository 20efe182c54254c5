"""The text of an HTML page, as far as it is wanted.

As a program: the page on stdin, how many characters are wanted as the argument, the text on stdout. It imports
nothing of the suite, so that it starts at once.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser

_SLICE = 64 * 1024


def page_text(page: str, most: int) -> str:
    """The visible text; reading stops soon after `most` characters. What is no HTML is left out, and no error."""
    parser = _Text()
    try:
        for start in range(0, len(page), _SLICE):
            parser.feed(page[start : start + _SLICE])
            if parser.length > most:
                break
        else:
            parser.close()
    except AssertionError:
        # What the parser says of a broken declaration; the text before it counts.
        pass
    lines = [line.strip() for line in "".join(parser.pieces).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Text(HTMLParser):
    """The visible text of a page; headings and list items as in Markdown, links with their address."""

    _SKIPPED = frozenset({"script", "style", "noscript", "template", "svg"})
    _BREAKS = frozenset({"p", "div", "br", "tr", "section", "article", "table", "ul", "ol", "pre", "header", "footer"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.length = 0
        self._skipping = 0
        self._in_title = False
        self._link = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        # Of a head only the title has text. The head itself need not end with a tag, nor begin with one.
        self._in_title = tag == "title"
        if tag in self._SKIPPED:
            self._skipping += 1
        elif re.fullmatch(r"h[1-6]", tag):
            self._say("\n\n" + "#" * int(tag[1]) + " ")
        elif tag == "li":
            self._say("\n- ")
        elif tag in self._BREAKS:
            self._say("\n")
        elif tag == "a":
            self._link = dict(attributes).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SKIPPED:
            self._skipping = max(0, self._skipping - 1)
        elif tag == "title":
            self._in_title = False
        elif tag == "a" and self._link.startswith("http"):
            self._say(f" ({self._link})")
        elif tag in self._BREAKS or re.fullmatch(r"h[1-6]", tag):
            self._say("\n")

    def handle_data(self, data: str) -> None:
        if not self._skipping and not self._in_title:
            self._say(re.sub(r"\s+", " ", data))

    def _say(self, piece: str) -> None:
        self.pieces.append(piece)
        self.length += len(piece)


if __name__ == "__main__":
    found = page_text(sys.stdin.buffer.read().decode(), int(sys.argv[1]))
    sys.stdout.buffer.write(found.encode())
