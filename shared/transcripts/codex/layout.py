"""Where Codex keeps its roll-outs, and which belong to one session.

<home>/sessions/YYYY/MM/DD/rollout-<time>-<thread>.jsonl, <home>/archived_sessions/rollout-….jsonl

A sub-agent is a thread with a roll-out of its own whose first line names the thread that started it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import PurePath

from shared import paths
from shared.transcripts.folders import files_below
from shared.transcripts.lines import read_lines
from shared.transcripts.loose import parsed, text
from shared.transcripts.model import LogFile, Source

TOOL = "codex"
PEEK_LINES = 20
_NAME = re.compile(r"rollout-.*?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.jsonl")

Owner = Callable[[str], str | None]


def discover(owner: Owner) -> Iterator[Source]:
    """All sessions, each with the roll-outs of its sub-agents."""
    threads: dict[str, LogFile] = {}
    loose: list[LogFile] = []
    for home in paths.codex_dirs():
        for folder in ("sessions", "archived_sessions"):
            for file in files_below(home / folder, ".jsonl"):
                name = thread_of(file.path)
                if name:
                    threads.setdefault(name, file)
                else:
                    loose.append(file)
    yield from _sources(threads, {name: owner(file.path) or name for name, file in threads.items()})
    yield from (Source(TOOL, "", (file,)) for file in loose)


def _sources(threads: dict[str, LogFile], starter: dict[str, str]) -> Iterator[Source]:
    members: dict[str, list[str]] = {}
    for name in threads:
        members.setdefault(_root(name, starter), []).append(name)
    for root, names in sorted(members.items()):
        names.sort(key=lambda name: (name != root, name))
        yield Source(TOOL, root, tuple(threads[name] for name in names))


def _root(name: str, starter: dict[str, str]) -> str:
    """The thread at the top; one whose starter has no roll-out is its own."""
    seen = [name]
    while (above := starter[seen[-1]]) in starter and above not in seen:
        seen.append(above)
    return seen[-1]


def thread_of(path: str) -> str:
    """The thread id a roll-out's name tells, "" when it tells none."""
    found = _NAME.fullmatch(PurePath(path).name)
    return found[1] if found else ""


def peek(path: str) -> tuple[str | None, str | None]:
    """(session, or the thread that started this one; working directory) as the first lines tell."""
    try:
        for number, _, data in read_lines(path, lambda _number, _reason: None):
            line = parsed(data)
            payload = line.get("payload") if line else None
            if line and line.get("type") == "session_meta":
                starter = parent_of(payload)
                return starter or text(payload, "id") or None, text(payload, "cwd") or None
            if number >= PEEK_LINES:
                break
    except OSError:
        pass
    return thread_of(path) or None, None


def parent_of(meta: object) -> str:
    """The thread that started the one of this `session_meta`, "" for a person's."""
    found = text(meta, "source", "subagent", "thread_spawn", "parent_thread_id")
    return found or text(meta, "parent_thread_id")
