"""Changing one key of a TOML file as a person would: its line, and nothing else of what stands there.

The result is read again and must say exactly what was meant; where a line is not enough (a value over several lines,
an inline table), the file is written anew and loses its comments.
"""

from __future__ import annotations

import copy
import itertools
import re
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

_HEADER = re.compile(r"\s*\[\s*([A-Za-z0-9_.-]+)\s*\]\s*(?:#.*)?\Z")
_TABLE = re.compile(r"\s*\[")


def with_value(text: str, body: dict[str, Any], key: str, value: Any) -> str:
    """`text` (whose content is `body`) with the dotted `key` set; ValueError when a value stands in a table's place."""
    import tomli_w

    wanted = copy.deepcopy(body)
    *folders, last = key.split(".")
    table = wanted
    for folder in folders:
        table = table.setdefault(folder, {})
        if not isinstance(table, dict):
            raise ValueError(folder)
    table[last] = value
    written = tomli_w.dumps({last: value}).rstrip("\n")
    return _first_that_means(wanted, _settings_of(text, folders, last, written)) or tomli_w.dumps(wanted)


def without_key(text: str, body: dict[str, Any], key: str) -> str | None:
    """`text` without the dotted `key`; None when it has no such key."""
    import tomli_w

    wanted = copy.deepcopy(body)
    *folders, last = key.split(".")
    table: Any = wanted
    for folder in folders:
        table = table.get(folder) if isinstance(table, dict) else None
    if not isinstance(table, dict) or last not in table:
        return None
    del table[last]
    return _first_that_means(wanted, _removals_of(text, folders, last)) or tomli_w.dumps(_full(wanted))


def _settings_of(text: str, folders: Sequence[str], last: str, written: str) -> Iterator[str]:
    """Ways to set the key, the one that keeps most first."""
    lines = _lines(text)
    section = _section(lines, folders)
    if section is None:
        header = f"[{'.'.join(folders)}]\n" if folders else ""
        gap = "\n" if lines and lines[-1].strip() else ""
        yield "".join([*lines, gap, header, written, "\n"])
        return
    start, end = section
    place = _line_of(lines, start, end, last)
    if place is None:
        # Behind the last key: a comment below it may speak of the next table.
        while end > start and not lines[end - 1].partition("#")[0].strip():
            end -= 1
        yield "".join([*lines[:end], written, "\n", *lines[end:]])
        return
    old = lines[place].rstrip("\r\n")
    margin = old[: len(old) - len(old.lstrip())]
    yield "".join([*lines[:place], margin, written, _comment_of(old), "\n", *lines[place + 1 :]])


def _comment_of(line: str) -> str:
    """What stands behind the value, with its white space."""
    for found in re.finditer(r"[ \t]*#", line):
        try:
            tomllib.loads(line[: found.start()])
        except tomllib.TOMLDecodeError:
            continue
        return line[found.start() :]
    return ""


def _removals_of(text: str, folders: Sequence[str], last: str) -> Iterator[str]:
    """Ways to remove the key: with its header when nothing else is below it, else its line alone."""
    lines = _lines(text)
    section = _section(lines, folders)
    place = _line_of(lines, *section, last) if section is not None else None
    if section is None or place is None:
        return
    start, end = section
    rest = [*lines[start:place], *lines[place + 1 : end]]
    if folders and not "".join(rest).strip():
        yield "".join([*lines[: start - 1], *lines[end:]])
    yield "".join([*lines[:place], *lines[place + 1 :]])


def _lines(text: str) -> list[str]:
    """Each with its line feed, the last one too."""
    return [f"{line}\n" for line in text.split("\n")[: -1 if text.endswith("\n") or not text else None]]


def _section(lines: Sequence[str], folders: Sequence[str]) -> tuple[int, int] | None:
    """The lines below the header of a table, and of no other; the first lines are those of no table."""
    starts = [number for number, line in enumerate(lines) if _TABLE.match(line)]
    if not folders:
        return 0, starts[0] if starts else len(lines)
    for number, following in itertools.pairwise([*starts, len(lines)]):
        found = _HEADER.match(lines[number].rstrip("\r\n"))
        if found is not None and found[1] == ".".join(folders):
            return number + 1, following
    return None


def _line_of(lines: Sequence[str], start: int, end: int, name: str) -> int | None:
    begins = re.compile(rf"\s*{re.escape(name)}\s*=")
    return next((number for number in range(start, end) if begins.match(lines[number])), None)


def _first_that_means(wanted: dict[str, Any], candidates: Iterator[str]) -> str | None:
    for candidate in candidates:
        try:
            found = tomllib.loads(candidate)
        except tomllib.TOMLDecodeError:
            continue
        if _full(found) == _full(wanted):
            return candidate
    return None


def _full(table: dict[str, Any]) -> dict[str, Any]:
    """Without tables in which nothing stands: an empty one means what none means."""
    inner = {key: _full(value) if isinstance(value, dict) else value for key, value in table.items()}
    return {key: value for key, value in inner.items() if value != {}}
