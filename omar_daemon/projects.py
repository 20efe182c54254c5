"""The list of projects in `~/.omar/tasks.md` (seed 002): one line `<number>. <name>` each, the rest of the file is the
person's own and stays as it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from shared import durable
from shared.errors import OmaError, UsageError

NAME_LENGTH = 500
LONGEST_NUMBER = 15
_PROJECT = re.compile(rf"( {{0,3}})(\d{{1,{LONGEST_NUMBER}}})\.([ \t]+)(\S.*?)(\s*)\Z", re.DOTALL)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

Result = TypeVar("Result")


class InvalidProject(UsageError):
    """A name that cannot be one line of the file."""


class UnknownProject(OmaError):
    """No project of that number."""


@dataclass(frozen=True)
class Project:
    id: int
    name: str


class Projects:
    """Blocking: the file is read at each question, for people edit it, and changed under a lock.

    A number is a project's id for as long as its line stands. The largest one that was seen at a change is kept beside
    the file, so that the numbers of removed projects are not used again. Of lines with the same number the first keeps
    it, the others get new ones, which are written into the file at the next change.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._record = path.with_name(f".{path.name}.last")
        self._highest = 0
        self._given: dict[tuple[int, str, int], int] = {}

    def all(self) -> list[Project]:
        """The projects in the file's order; none when there is no file."""
        return [project for _, project in self._parse(self._read())]

    def add(self, name: str) -> Project:
        """Write a new project behind the last one; InvalidProject."""
        clean = checked_name(name)

        def change(lines: list[str]) -> Project:
            found = self._parse(lines)
            project = Project(self._new_id(), clean)
            ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
            place = found[-1][0] + 1 if found else len(lines)
            if place and not lines[place - 1].endswith("\n"):
                lines[place - 1] += ending
            lines.insert(place, f"{project.id}. {clean}{ending}")
            return project

        return self._change(change)

    def complete(self, identifier: int) -> Project:
        """Take a project off the list; UnknownProject."""

        def change(lines: list[str]) -> Project:
            for number, project in self._parse(lines):
                if project.id == identifier:
                    del lines[number]
                    return project
            raise UnknownProject(f"Project {identifier} not found.")

        return self._change(change)

    def _change(self, change: Callable[[list[str]], Result]) -> Result:
        with durable.locked(self._path.with_name(f".{self._path.name}.lock")):
            lines = self._read()
            recorded = self._recorded()
            self._highest = max(self._highest, recorded)
            self._write_given(lines)
            result = change(lines)
            # Before the file itself: a number may be left out, but not given twice.
            if self._highest > recorded:
                durable.write_atomic(self._record, str(self._highest))
            # A link to a file elsewhere stays a link.
            target = self._path.resolve() if self._path.is_symlink() else self._path
            durable.write_atomic(target, os.fsencode("".join(lines)))
        return result

    def _read(self) -> list[str]:
        try:
            return os.fsdecode(self._path.read_bytes()).splitlines(keepends=True)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise OmaError(f"Cannot read {self._path}: {error.strerror}.") from error

    def _recorded(self) -> int:
        """The largest number of earlier changes; 0 where nothing usable is kept."""
        try:
            text = self._record.read_bytes()[:20]
        except OSError:
            return 0
        return int(text) if text.isdigit() and len(text) <= LONGEST_NUMBER else 0

    def _parse(self, lines: list[str]) -> list[tuple[int, Project]]:
        """(line number, project) in order; every id is remembered as used."""
        matches = [(number, found) for number, line in enumerate(lines) if (found := _PROJECT.match(line))]
        self._highest = max([self._highest, *(int(found.group(2)) for _, found in matches)])
        copies: dict[int, int] = {}
        projects = []
        for number, found in matches:
            written, name = int(found.group(2)), _readable(found.group(4))
            copy = copies[written] = copies.get(written, -1) + 1
            projects.append((number, Project(self._id_of(written, name, copy), name)))
        return projects

    def _id_of(self, written: int, name: str, copy: int) -> int:
        """The number as it is written, or for its later copies the one they are given from now on."""
        if not copy:
            return written
        key = (written, name, copy)
        if key not in self._given:
            self._given[key] = self._new_id()
        return self._given[key]

    def _new_id(self) -> int:
        self._highest += 1
        return self._highest

    def _write_given(self, lines: list[str]) -> None:
        """Put the new numbers of doubled ones into the file's lines."""
        for number, project in self._parse(lines):
            found = _PROJECT.match(lines[number])
            if found is not None and int(found.group(2)) != project.id:
                margin, _, space, name, end = found.groups()
                lines[number] = f"{margin}{project.id}.{space}{name}{end}"


def checked_name(name: str) -> str:
    """One line of 1 to 500 characters, without white space around it; InvalidProject."""
    clean = name.strip()
    if not 1 <= len(clean) <= NAME_LENGTH:
        raise InvalidProject(f"name must be 1 to {NAME_LENGTH} characters.")
    if _CONTROLS.search(clean):
        raise InvalidProject("name must be one line without control characters.")
    try:
        clean.encode()
    except UnicodeEncodeError:
        raise InvalidProject("name is not valid Unicode text.") from None
    return clean


def _readable(name: str) -> str:
    """Bytes that are no UTF-8 stay in the file and are shown as question marks."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
