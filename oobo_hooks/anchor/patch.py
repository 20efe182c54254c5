"""Reading the patches git prints: sections per file, hunks of `-U0`, and the combined form of merges.

Paths are taken from git's `-z` output wherever there is one; only combined patches name them here, quoted in C style.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_COMBINED_HUNK = re.compile(rb"(@@@+) ((?:-\d+(?:,\d+)? )+)\+(\d+)(?:,(\d+))? @@@+")
_COMBINED_INDEX = re.compile(rb"index ([0-9a-f]{40,64})(?:,[0-9a-f]{40,64})+\.\.([0-9a-f]{40,64})")
_SECTION = re.compile(rb"diff --(?:git|cc|combined) ")
_ESCAPES = {
    b"a": b"\a",
    b"b": b"\b",
    b"t": b"\t",
    b"n": b"\n",
    b"v": b"\v",
    b"f": b"\f",
    b"r": b"\r",
    b'"': b'"',
    b"\\": b"\\",
}
_ESCAPE = re.compile(rb'\\([abtnvfr"\\]|[0-7]{3})')


def split_sections(patch: bytes) -> Iterator[list[bytes]]:
    """The lines of each file's part of a patch, its `diff --git` line first.

    Every line of a file's content carries a mark before it, so none can be taken for a header.
    """
    section: list[bytes] = []
    for line in patch.split(b"\n"):
        if _SECTION.match(line) and section:
            yield section
            section = []
        section.append(line)
    if _SECTION.match(section[0]):
        yield section


def _count(raw: bytes | None) -> int:
    return 1 if raw is None else int(raw)


def read_hunks(section: list[bytes], added: dict[int, bytes], removed: dict[int, bytes]) -> None:
    """Put the lines of a `-U0` section into `added` and `removed`, keyed by their line number."""
    position = 0
    while position < len(section):
        found = _HUNK.match(section[position])
        position += 1
        if found is None:
            continue
        old, new = int(found[1]), int(found[3])
        left = _count(found[2]) + _count(found[4])
        while left > 0 and position < len(section):
            line = section[position]
            position += 1
            if line.startswith(b"-"):
                removed[old] = line[1:]
                old += 1
                left -= 1
            elif line.startswith(b"+"):
                added[new] = line[1:]
                new += 1
                left -= 1


def read_combined_hunks(section: list[bytes], parents: int, added: dict[int, bytes], removed: dict[int, bytes]) -> None:
    """Put the lines that no parent has into `added`, and those that all had into `removed`."""
    new = 0
    inside = False
    for line in section:
        found = _COMBINED_HUNK.match(line)
        if found is not None and len(found[1]) == parents + 1:
            new = int(found[3])
            inside = True
            continue
        if not inside or line.startswith(b"\\") or not line:
            continue
        marks, body = line[:parents], line[parents:]
        if b"-" in marks:
            if marks == b"-" * parents:
                removed[len(removed) + 1] = body
            continue
        if marks == b"+" * parents:
            added[new] = body
        new += 1


def combined_path(section: list[bytes]) -> bytes:
    """The path a combined section is about."""
    return unquote(section[0].split(b" ", 2)[2])


def combined_blobs(section: list[bytes]) -> tuple[str, str]:
    """What git calls the file in the first parent and in the merge, told by `--full-index`; zeros for none."""
    found = next((match for line in section[:8] if (match := _COMBINED_INDEX.match(line))), None)
    return (found[1].decode(), found[2].decode()) if found else ("", "")


def is_binary(section: list[bytes]) -> bool:
    return any(line.startswith(b"Binary files ") and line.endswith(b" differ") for line in section[:6])


def unquote(path: bytes) -> bytes:
    """A path as git prints it without `-z`: quoted in C style when it holds odd bytes."""
    if not (path.startswith(b'"') and path.endswith(b'"') and len(path) > 1):
        return path
    return _ESCAPE.sub(_unescape, path[1:-1])


def _unescape(found: re.Match[bytes]) -> bytes:
    return _ESCAPES.get(found[1]) or bytes([int(found[1], 8)])
