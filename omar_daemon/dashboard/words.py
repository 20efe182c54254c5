"""Times, marks and cells in words that fit into a few columns."""

from __future__ import annotations

from shared.output import cell

MARKS = {"working": "●", "waiting": "?", "idle": "○", "stuck": "!", "dead": "✗"}
STYLES = {
    "working": "#7ec699",
    "waiting": "bold #f2c55c",
    "idle": "#9aa5b1",
    "stuck": "bold #ff9e64",
    "dead": "bold #f7768e",
}
_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"))
NANOSECONDS = 1_000_000_000


def health(word: str) -> str:
    """A mark and the word: colour is never the only sign."""
    return f"{MARKS.get(word, '·')} {word}"


def span(seconds: float | None) -> str:
    """`12s`, `5m`, `3h`, `2d`: at most four columns for everything under 1000 days."""
    if seconds is None:
        return ""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"


def countdown(due_ns: int, now_ns: int) -> str:
    """`0:07`, `12:30`, `3:00:00`, `2d 4h` until then; `now` when it is due."""
    left = -(-(due_ns - now_ns) // NANOSECONDS)
    if left <= 0:
        return "now"
    if left >= 86_400:
        return f"{left // 86_400}d {left % 86_400 // 3600}h"
    minutes, seconds = divmod(left, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def fitted(text: str, width: int) -> str:
    """`text` on one line in exactly `width` columns, its end cut with an ellipsis."""
    from rich.cells import cell_len, set_cell_size

    line = cell(text)
    if cell_len(line) <= width:
        return set_cell_size(line, width)
    return set_cell_size(line, max(0, width - 1)) + "…" if width > 0 else ""


def columns(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    from rich.cells import cell_len

    return cell_len(text)


def shortened(text: str, width: int) -> str:
    """`text` on one line in at most `width` columns."""
    return fitted(text, width).rstrip()


def fitted_raw(line: str, width: int) -> str:
    """A screen's line cut to `width` columns; its spaces count."""
    from rich.cells import cell_len, set_cell_size

    return line if cell_len(line) <= width else set_cell_size(line, width - 1) + "…"


def folded(line: str, width: int) -> list[str]:
    """A screen's line in pieces of at most `width` columns."""
    from rich.cells import chop_cells

    return chop_cells(line, width) or [""]
