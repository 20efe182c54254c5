"""The two patch languages of AI tools: `*** Begin Patch` blocks (apply_patch) and unified diffs."""

from __future__ import annotations

from collections.abc import Iterator

BEGIN = "*** Begin Patch"
END = "*** End Patch"
_ADD, _DELETE, _UPDATE, _MOVE = "*** Add File: ", "*** Delete File: ", "*** Update File: ", "*** Move to: "

Change = tuple[str, str | None, str]
"""Path, the text that was replaced (None when it is not told), the text that stands there now."""


def changes_of_patch(text: str) -> list[Change]:
    """The changes an apply_patch block asks for, wherever in `text` it stands; [] without one."""
    start = text.find(BEGIN)
    if start < 0:
        return []
    changes: list[Change] = []
    path, kind, body = "", "", list[str]()
    for line in text[start:].splitlines()[1:]:
        if line.startswith((_ADD, _DELETE, _UPDATE, END)):
            changes.extend(_file_changes(path, kind, body))
            kind = line.partition(": ")[0] + ": "
            path, body = line.partition(": ")[2].strip(), []
            if line.startswith(END):
                return changes
        elif line.startswith(_MOVE):
            path = line.removeprefix(_MOVE).strip()
        else:
            body.append(line)
    changes.extend(_file_changes(path, kind, body))
    return changes


def _file_changes(path: str, kind: str, body: list[str]) -> Iterator[Change]:
    if not path:
        return
    if kind == _ADD:
        yield path, None, "".join(f"{line[1:]}\n" for line in body if line.startswith("+"))
    elif kind == _DELETE:
        yield path, None, ""
    elif kind == _UPDATE:
        yield from ((path, before, after) for before, after in _hunks(body))


def changes_of_diff(path: str, diff: str) -> list[Change]:
    """The hunks of a unified diff of one file."""
    lines = [line for line in diff.splitlines() if not line.startswith(("--- ", "+++ ", "diff ", "index "))]
    return [(path, before, after) for before, after in _hunks(lines)]


def _hunks(lines: list[str]) -> Iterator[tuple[str, str]]:
    """(before, after) of each run of changed lines, without the lines around it."""
    removed: list[str] = []
    added: list[str] = []
    for line in [*lines, "@@"]:
        if line.startswith("-"):
            removed.append(line[1:] + "\n")
        elif line.startswith("+"):
            added.append(line[1:] + "\n")
        elif removed or added:
            yield "".join(removed), "".join(added)
            removed, added = [], []
