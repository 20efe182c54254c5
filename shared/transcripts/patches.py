"""The two patch languages of AI tools: `*** Begin Patch` blocks (apply_patch) and unified diffs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

BEGIN = "*** Begin Patch"
END = "*** End Patch"
_ADD, _DELETE, _UPDATE, _MOVE = "*** Add File: ", "*** Delete File: ", "*** Update File: ", "*** Move to: "
_END_OF_FILE = "*** End of File"
_AT_THE_END = 1 << 30
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? ")


class Change(NamedTuple):
    """One run of changed lines: `before` (None when it is not told) became `after`.

    `above` and `below` are the unchanged lines right around it, `line` is the 1-based place, before the change, where
    all that begins. A patch that tells none means the first that fits, 1; lines beside no others go to the end.
    """

    path: str
    before: str | None
    after: str
    above: str = ""
    below: str = ""
    line: int | None = None


def changes_of_patch(text: str) -> list[Change]:
    """The changes an apply_patch block asks for, wherever in `text` it stands; [] without one."""
    start = text.find(BEGIN)
    if start < 0:
        return []
    changes: list[Change] = []
    path, kind, body = "", "", list[str]()
    for line in text[start:].split("\n")[1:]:
        if line.startswith((_ADD, _DELETE, _UPDATE, END)):
            changes.extend(_file_changes(path, kind, body))
            kind = line.partition(": ")[0] + ": "
            path, body = line.partition(": ")[2].strip(), []
            if line.startswith(END):
                return changes
        elif line.startswith(_MOVE):
            path = line.removeprefix(_MOVE).strip()
        elif not line.startswith(_END_OF_FILE):
            body.append(line)
    changes.extend(_file_changes(path, kind, body))
    return changes


def _file_changes(path: str, kind: str, body: list[str]) -> Iterator[Change]:
    if not path:
        return
    if kind == _ADD:
        yield Change(path, None, "".join(f"{line[1:]}\n" for line in body if line.startswith("+")))
    elif kind == _DELETE:
        yield Change(path, None, "")
    elif kind == _UPDATE:
        yield from _runs(path, body)


def changes_of_diff(path: str, diff: str) -> list[Change]:
    """The hunks of a unified diff of one file."""
    lines = diff.removesuffix("\n").split("\n")
    return list(_runs(path, [line for line in lines if not line.startswith(("--- ", "+++ ", "diff ", "index "))]))


def _runs(path: str, lines: list[str]) -> Iterator[Change]:
    """Each run of changed lines with the unchanged ones around it; the next hunk begins anew."""
    hunk: list[str] = []
    told = None
    for line in [*lines, "@@"]:
        if not line.startswith("@@"):
            hunk.append(line)
            continue
        # Lines put in where none go are told by the line they follow.
        start = int(told[1]) + (told[2] == "0") if told else 1
        yield from _hunk(path, hunk, start, told is not None)
        told = _HUNK.match(line)
        hunk = []


def _hunk(path: str, lines: list[str], start: int, numbered: bool) -> Iterator[Change]:
    parts: list[tuple[list[str], list[str], list[str]]] = [([], [], [])]
    for line in lines:
        above, removed, added = parts[-1]
        if line.startswith("-"):
            removed.append(line[1:] + "\n")
        elif line.startswith("+"):
            added.append(line[1:] + "\n")
        elif not line.startswith("\\"):
            if removed or added:
                parts.append(([], [], []))
            parts[-1][0].append(line[1:] + "\n")
    for number, (above, removed, added) in enumerate(parts):
        if removed or added:
            below = parts[number + 1][0] if number + 1 < len(parts) else []
            beside = above or removed or below or numbered
            place = start if beside else _AT_THE_END
            yield Change(path, "".join(removed), "".join(added), "".join(above), "".join(below), place)
        start += len(above) + len(removed)
