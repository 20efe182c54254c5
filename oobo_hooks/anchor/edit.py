"""One change a session made to one file, as far as anything tells it.

The best that can be known are the file's whole contents before and after. Else it is the text that took the place of
another (`Passage`), or only lines that were written somewhere (`loose`). Lines are bytes with their newline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from oobo_hooks.anchor.alignment import matches


@dataclass(frozen=True)
class Passage:
    """`new` stands where `old` stood, at every place of it or near the 1-based `line`, where that is told."""

    old: bytes
    new: bytes
    everywhere: bool = False
    line: int | None = None

    @cached_property
    def changes(self) -> tuple[list[int], list[int]]:
        """Indexes of the lines of `old` that went and of those of `new` that came."""
        return changed(split_lines(self.old), split_lines(self.new))


@dataclass(frozen=True, eq=False)
class Edit:
    """One change of one file by one tool call. `id` is unique within the session.

    `before` and `after` are whole contents (b"" for no file), None where nobody told. `vague` marks a shell command:
    which of its lines reach which file is told by the file's name in it; `deletes` says that it may delete the file.
    `earlier_id` is the id under which older anchors may have taken lines of it.
    """

    session_id: str
    tool: str
    id: str
    at_ms: int | None
    path: str
    before: bytes | None = None
    after: bytes | None = None
    passages: tuple[Passage, ...] = ()
    loose: tuple[bytes, ...] = ()
    vague: bool = False
    deletes: bool = False
    earlier_id: str = ""

    @cached_property
    def written(self) -> list[tuple[int, bytes]]:
        """The lines it put there, without their newline: (index, text). The index names the line for good."""
        if self.after is not None:
            lines = split_lines(self.after)
            came = changed(split_lines(self.before or b""), lines)[1]
            return [(index, bare(lines[index])) for index in came]
        found: list[tuple[int, bytes]] = []
        for start, passage in self.numbered_passages():
            lines = split_lines(passage.new)
            found += [(start + index, bare(lines[index])) for index in passage.changes[1]]
        return found or list(enumerate(map(bare, self.loose)))

    def numbered_passages(self) -> list[tuple[int, Passage]]:
        """Each passage with the index of its first line, old or new."""
        found, start = [], 0
        for passage in self.passages:
            found.append((start, passage))
            start += max(len(split_lines(passage.old)), len(split_lines(passage.new)))
        return found


def split_lines(content: bytes) -> list[bytes]:
    """Lines as git counts them: parted by newlines only, which they keep; b"" has none."""
    lines = [line + b"\n" for line in content.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def bare(line: bytes) -> bytes:
    """The line without its newline, as git's patches are kept."""
    return line.removesuffix(b"\n")


def changed(old: Sequence[bytes], new: Sequence[bytes]) -> tuple[list[int], list[int]]:
    """Indexes of the lines that went and of those that came."""
    pairs = matches(old, new)
    kept_old, kept_new = {left for left, _ in pairs}, {right for _, right in pairs}
    gone = [index for index in range(len(old)) if index not in kept_old]
    return gone, [index for index in range(len(new)) if index not in kept_new]
