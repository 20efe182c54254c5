"""The readers, and the questions every part of the suite asks of them."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Protocol, cast

from shared.transcripts.model import Detail, Session, Source

TOOLS = ("claude",)

Owner = Callable[[str], str | None]


class Reader(Protocol):
    """What the package of each tool exports."""

    def discover(self, owner: Owner) -> Iterable[Source]: ...

    def read(self, source: Source, detail: Detail) -> Iterator[Session]: ...

    def peek(self, path: str) -> tuple[str | None, str | None]: ...


@cache
def reader(tool: str) -> Reader:
    """The reader of one tool; KeyError for a tool there is none for."""
    if tool not in TOOLS:
        raise KeyError(tool)
    module: ModuleType = importlib.import_module(f"shared.transcripts.{tool}")
    return cast(Reader, module)


def discover(
    tools: Sequence[str] = TOOLS, *, since_ms: int | None = None, owner: Owner | None = None
) -> Iterator[Source]:
    """All sources of `tools`, those only that were written at or after `since_ms`.

    Nothing but directories is read. `owner` may answer from memory which session a stray sub-agent log belongs to,
    so that the log need not be opened.
    """
    for tool in tools:
        for source in reader(tool).discover(owner or _peeking_owner(tool)):
            if since_ms is None or source.modified_ns >= since_ms * 1_000_000:
                yield source


def _peeking_owner(tool: str) -> Owner:
    return lambda path: reader(tool).peek(path)[0]


def read(source: Source, detail: Detail = Detail.FULL) -> Iterator[Session]:
    """The sessions of a source, one in memory at a time. Odd lines are in `Session.skipped`; nothing raises."""
    return reader(source.tool).read(source, detail)


def sessions_of(
    directory: str | os.PathLike[str],
    *,
    since_ms: int | None = None,
    tools: Sequence[str] = TOOLS,
    detail: Detail = Detail.FULL,
) -> Iterator[Session]:
    """Sessions that work in `directory`: begun in it, below it or above it. Read one at a time, newest first."""
    wanted = Path(directory).resolve()
    sources = sorted(discover(tools, since_ms=since_ms), key=lambda source: source.modified_ns, reverse=True)
    for source in sources:
        cwd = reader(source.tool).peek(source.files[0].path)[1]
        if cwd is not None and _is_related(Path(cwd), wanted):
            yield from read(source, detail)


def read_session(session_id: str, *, tool: str | None = None, detail: Detail = Detail.FULL) -> Session | None:
    """The session with exactly this id, or None. The place of its log usually tells it, so only that one is read."""
    tools = TOOLS if tool is None else (tool,)
    others: list[Source] = []
    for source in discover(tools):
        if source.session_id != session_id:
            others.append(source)
            continue
        for session in read(source, detail):
            if session.id == session_id:
                return session
    return _read_unnamed(session_id, others, detail)


def _read_unnamed(session_id: str, sources: Iterable[Source], detail: Detail) -> Session | None:
    """Look into the logs themselves: a file may hold a session its name does not tell."""
    for source in sources:
        if reader(source.tool).peek(source.files[0].path)[0] != session_id:
            continue
        for session in read(source, detail):
            if session.id == session_id:
                return session
    return None


def _is_related(cwd: Path, wanted: Path) -> bool:
    """Whether one directory is the other or contains it; links are followed."""
    try:
        cwd = cwd.resolve()
    except (OSError, RuntimeError, ValueError):
        return False
    return cwd == wanted or cwd in wanted.parents or wanted in cwd.parents
