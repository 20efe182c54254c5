"""`oobo blame FILE`: each line with its commit and whether an agent or a person wrote it."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oobo_hooks.anchor.patch import unquote
from oobo_hooks.commands import lookup
from oobo_hooks.commands.lookup import Place
from oobo_hooks.repository import GitError, Repository
from oobo_hooks.store import anchors, database
from oobo_hooks.store.anchors import LocalAnchor
from shared import output
from shared.errors import OmaError, UsageError

_HEADER = re.compile(rb"([0-9a-f]{40,64}) (\d+) (\d+)(?: \d+)?")
LETTERS = {"ai": "A", "human": "H", "mixed": "M", None: "·"}
_COLORS = {"ai": "35", "human": "32", "mixed": "33"}


@dataclass(frozen=True)
class BlamedLine:
    """A line of the file as it is: its number there, and the commit, path and number it came from."""

    number: int
    commit: str
    path: str
    original: int
    text: str


@dataclass(frozen=True)
class Authorship:
    """Who wrote a line: `author` is ai, human, mixed, or None when its commit has no anchor."""

    author: str | None
    agent: str | None = None
    session_id: str | None = None
    author_type: str | None = None


def run(*, file: str, commit: str | None, json: bool) -> int:
    """Print the file line by line with its authors."""
    with database.opened() as connection:
        lookup.say_notices(connection)
        place = lookup.find_place(connection, _folder_of(file))
        lines = blame(place.repository, relative_path(place.repository, file), commit)
        authors = Authors(connection, place)
        rows = [(line, authors.of(line)) for line in lines]
    if json:
        output.print_json([_shown(line, by) for line, by in rows])
    else:
        _print(rows)
    return 0


def _folder_of(file: str) -> Path:
    folder = Path(file).absolute().parent
    return folder if folder.is_dir() else Path.cwd()


def relative_path(repository: Repository, file: str) -> str:
    """The file's path inside the worktree; UsageError when it lies outside."""
    root = os.path.realpath(repository.worktree or Path.cwd())
    absolute = Path(file).absolute()
    real = Path(os.path.realpath(absolute.parent)) / absolute.name
    if not real.is_relative_to(root):
        raise UsageError(f"{file} is not in the repository {root}.")
    return str(real.relative_to(root))


def blame(repository: Repository, path: str, commit: str | None, only: int | None = None) -> list[BlamedLine]:
    """git's own blame of a file, or of its line `only`."""
    span = ["-L", f"{only},{only}"] if only is not None else []
    revision = [lookup.resolve(repository, commit) or commit] if commit else []
    try:
        out = repository.git("blame", "--porcelain", *span, *revision, "--", path)
    except GitError as error:
        reason = error.stderr.removeprefix("fatal: ")
        raise OmaError(f"git cannot blame {path}: {reason}.") from None
    return list(_parse(out, path))


def _parse(out: bytes, path: str) -> list[BlamedLine]:
    found: list[BlamedLine] = []
    names: dict[str, str] = {}
    commit, original, number = "", 0, 0
    for line in out.split(b"\n"):
        header = _HEADER.fullmatch(line)
        if line.startswith(b"\t"):
            text = line[1:].decode("utf-8", "replace")
            found.append(BlamedLine(number, commit, names.get(commit, path), original, text))
        elif header is not None:
            commit, original, number = header[1].decode(), int(header[2]), int(header[3])
        elif line.startswith(b"filename "):
            names[commit] = unquote(line[9:]).decode("utf-8", "replace")
    return found


class Authors:
    """Looks up who wrote a line; reads each commit's anchor once."""

    def __init__(self, connection: sqlite3.Connection, place: Place) -> None:
        self._connection = connection
        self._known = place.known
        self._read: dict[str, LocalAnchor | None] = {}

    def anchor_of(self, commit: str) -> LocalAnchor | None:
        if commit not in self._read:
            found = anchors.find_anchor(self._connection, self._known.id, commit) if self._known else None
            self._read[commit] = found
        return self._read[commit]

    def of(self, line: BlamedLine) -> Authorship:
        found = self.anchor_of(line.commit)
        if found is None:
            return Authorship(None)
        kind = found.anchor["author_type"]
        entry = attribution_at(found.anchor, line.path, line.original)
        if entry is None:
            return Authorship("human", author_type=kind)
        return Authorship(entry["author"], entry.get("agent"), entry.get("session_id"), kind)


def attribution_at(anchor: dict[str, Any], path: str, line: int) -> dict[str, Any] | None:
    """The line_attributions entry of an anchor that covers a line, or None."""
    for change in anchor["file_changes"]:
        if change["path"] == path:
            for entry in change["line_attributions"]:
                if any(span["start"] <= line <= span["end"] for span in entry["ranges"]):
                    return dict(entry)
    return None


def _shown(line: BlamedLine, by: Authorship) -> dict[str, Any]:
    uncommitted = not line.commit.strip("0")
    return {
        "line": line.number,
        "commit": None if uncommitted else line.commit,
        "author": by.author,
        "agent": by.agent,
        "session_id": by.session_id,
        "author_type": by.author_type,
        "text": line.text,
    }


def _print(rows: Sequence[tuple[BlamedLine, Authorship]]) -> None:
    color = output.use_color()
    agents = max((len(by.agent or "") for _, by in rows), default=0)
    digits = len(str(rows[-1][0].number)) if rows else 1
    for line, by in rows:
        mark = LETTERS[by.author]
        commit = lookup.short(line.commit) if line.commit.strip("0") else "not yet".ljust(10)
        head = f"{mark} {(by.agent or '').ljust(agents)} {commit} {line.number:>{digits}} "
        if color and by.author:
            head = f"\x1b[{_COLORS[by.author]}m{head}\x1b[0m"
        output.print_text(head + output.printable(line.text).replace("\n", " "))
    if rows:
        unshown = any(by.author == "human" and by.author_type == "agent" for _, by in rows)
        people = "by a person, or not shown to be an agent's" if unshown else "by a person"
        output.say(f"A: written by an agent, H: {people}, ·: {_unknown(rows)}")


def _unknown(rows: Sequence[tuple[BlamedLine, Authorship]]) -> str:
    """What the dot stands for in these rows: a line may have no commit yet."""
    unanchored = "a commit without an anchor"
    return f"{unanchored}, or not committed yet" if any(not line.commit.strip("0") for line, _ in rows) else unanchored
