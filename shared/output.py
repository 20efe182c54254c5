"""What a person sees: data on stdout, talk on stderr; rich on a terminal, plain text in a pipe.

rich is imported only when a terminal is there to draw on. Control characters that come from outside (screens,
logs, commit messages) never reach the terminal: they pass `printable`.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    import re

_ESCAPE_SEQUENCE = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])"
_CONTROL = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
# What JSON itself leaves as it is: line ends of other kinds and surrogates too.
_UNSEEN = r"[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
PROGRESS_AFTER_SECONDS = 1.0


@functools.cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    # Compiled on first use: a start that prints nothing foreign need not pay the millisecond.
    import re

    return re.compile(_ESCAPE_SEQUENCE), re.compile(_CONTROL)


def printable(text: str) -> str:
    """`text` without escape sequences, control characters and direction overrides; tabs and newlines stay."""
    escape_sequence, control = _patterns()
    return control.sub("", escape_sequence.sub("", text)).encode("utf-8", "replace").decode()


def cell(text: str) -> str:
    """`text` fit for one cell of a table: printable and on one line."""
    return " ".join(printable(text).split())


def counted(count: int, thing: str) -> str:
    """`1 session`, `2 sessions`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def is_terminal(stream: TextIO | None = None) -> bool:
    """Whether `stream` (stdout unless given) is a terminal that can do more than plain text."""
    out = stream or sys.stdout
    return out.isatty() and os.environ.get("TERM") != "dumb"


def use_color(stream: TextIO | None = None) -> bool:
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


def print_text(text: str) -> None:
    """Data, on stdout. The caller has made foreign text `printable`."""
    sys.stdout.write(_encodable(text if text.endswith("\n") else text + "\n", sys.stdout))


def print_wrapped(text: str, *, indent: int = 0, first: str = "") -> None:
    """Foreign text as one paragraph: `first`, then the rest below it at `indent`; in a pipe it is one line."""
    line = first.ljust(indent) + cell(text)
    if is_terminal():
        import shutil
        import textwrap

        width = max(shutil.get_terminal_size().columns, indent + 20)
        below = " " * indent
        line = textwrap.fill(line, width, subsequent_indent=below, break_long_words=False, break_on_hyphens=False)
    print_text(_encodable(line, sys.stdout))


def print_facts(facts: Sequence[tuple[str, str]]) -> None:
    """Names and what there is to say of each, one below the other."""
    width = max((len(name) for name, _ in facts), default=0) + 2
    for name, value in facts:
        print_wrapped(value, indent=width, first=name)


def print_json(value: Any) -> None:
    """The one JSON document on stdout of a command run with --json."""
    sys.stdout.write(json_text(value, is_ascii=not _writes_unicode(sys.stdout)) + "\n")


def json_text(value: Any, *, is_ascii: bool = False) -> str:
    """`value` as JSON in which every character that a terminal would obey, or that is none, is written as an escape."""
    import json

    text = json.dumps(value, ensure_ascii=is_ascii, indent=2)
    if text.isascii() and "\x7f" not in text:
        return text
    import re

    return re.sub(_UNSEEN, lambda found: f"\\u{ord(found[0]):04x}", text)


def say(text: str) -> None:
    """Talk, on stderr. What stdout still holds goes first, so that the two keep their order in one place."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    sys.stderr.write(_encodable(text, sys.stderr) + "\n")
    sys.stderr.flush()


def warn(text: str) -> None:
    say(f"warning: {text}")


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    colors: Mapping[int, Sequence[str]] | None = None,
    cut_last: bool = False,
) -> None:
    """A table on stdout: drawn on a terminal, aligned plain columns in a pipe.

    `colors` maps the index of a column to the colour of each of its cells, for terminals that show colours. With
    `cut_last` a terminal shows as much of the last column as fits on one line.
    """
    cells = [[cell(value) for value in row] for row in rows]
    if not is_terminal() or not _writes_unicode(sys.stdout):
        print_text(_plain_table(columns, cells))
        return
    from rich.console import Console

    from shared.table import Table

    Table(columns, cells, colors or {}, cut_last).print(Console(no_color=not use_color(), highlight=False))


def _plain_table(columns: Sequence[str], rows: list[list[str]]) -> str:
    lines = [[column.upper() for column in columns], *rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    return "\n".join(
        "  ".join(value.ljust(width) for value, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


@contextlib.contextmanager
def progress(total: int, description: str) -> Iterator[Callable[..., None]]:
    """Yields `advance(n=1)`; on a terminal a bar with counts appears once the work has taken a second."""
    if not is_terminal(sys.stderr):
        yield lambda _n=1: None
        return
    bar = _Bar(total, description)
    try:
        yield bar.advance
    finally:
        bar.close()


class _Bar:
    def __init__(self, total: int, description: str) -> None:
        self._total = total
        self._description = description
        self._done = 0
        self._started = time.monotonic()
        self._drawn: Any = None

    def advance(self, n: int = 1) -> None:
        self._done += n
        if self._drawn is None:
            if time.monotonic() - self._started < PROGRESS_AFTER_SECONDS:
                return
            self._drawn = self._draw()
        self._drawn.update(self._task, completed=self._done)

    def _draw(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        drawn = Progress(*columns, console=Console(stderr=True, no_color=not use_color(sys.stderr)), transient=True)
        self._task = drawn.add_task(self._description, total=self._total)
        drawn.start()
        return drawn

    def close(self) -> None:
        if self._drawn is not None:
            self._drawn.stop()


def _writes_unicode(stream: TextIO) -> bool:
    return (stream.encoding or "ascii").lower().replace("-", "") == "utf8"


def _encodable(text: str, stream: TextIO) -> str:
    """`text` with a question mark for each character that `stream` cannot write."""
    encoding = stream.encoding or "ascii"
    return text.encode(encoding, "replace").decode(encoding)
