"""The readers, and the questions every part of the suite asks of them."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Protocol, cast

from shared import paths
from shared.transcripts.model import Detail, Session, Source

TOOLS = ("claude", "codex", "gemini", "opencode", "cursor", "aider", "copilot")

# A reader is imported only where its tool has left something.
_PLACES: dict[str, tuple[Callable[[], list[Path]], ...]] = {
    "claude": (paths.claude_dirs,),
    "codex": (paths.codex_dirs,),
    "gemini": (paths.gemini_dirs,),
    "opencode": (paths.opencode_dirs,),
    "cursor": (paths.cursor_dirs, paths.cursor_agent_dirs),
    "aider": (paths.aider_histories,),
    "copilot": (paths.vscode_dirs,),
}

Owner = Callable[[str], str | None]
Wanted = Callable[[str, str | None], bool]


class Reader(Protocol):
    """What the package of each tool exports."""

    def discover(self, owner: Owner) -> Iterable[Source]: ...

    def read(self, source: Source, detail: Detail) -> Iterator[Session]: ...

    def peek(self, path: str) -> tuple[str | None, str | None]: ...


class ReaderOfMany(Reader, Protocol):
    """A reader whose sources hold many sessions; it can leave those unread that are not wanted."""

    def read_wanted(self, source: Source, detail: Detail, wanted: Wanted) -> Iterator[Session]: ...


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
        if not is_present(tool):
            continue
        for source in reader(tool).discover(owner or _peeking_owner(tool)):
            if since_ms is None or source.modified_ns >= since_ms * 1_000_000:
                yield source


def is_present(tool: str) -> bool:
    """Whether the tool keeps logs on this machine, as far as directories tell."""
    return any(places() for places in _PLACES[tool])


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

    def related(_id: str, cwd: str | None) -> bool:
        return cwd is not None and _is_related(Path(cwd), wanted)

    sources = sorted(discover(tools, since_ms=since_ms), key=lambda source: source.modified_ns, reverse=True)
    for source in sources:
        many = _reader_of_many(source)
        if many is not None:
            found = many.read_wanted(
                source, detail, lambda _id, cwd: cwd is not None and _is_related(Path(cwd), wanted)
            )
            yield from (session for session in found if session.id and _is_since(session, since_ms))
            continue
        if related("", reader(source.tool).peek(source.files[0].path)[1]):
            yield from read(source, detail)


def _is_since(session: Session, since_ms: int | None) -> bool:
    return since_ms is None or session.modified_ms is None or session.modified_ms >= since_ms


def holds_many(tool: str) -> bool:
    """Whether a source of the tool may hold many sessions (a database)."""
    return hasattr(reader(tool), "read_wanted")


def _reader_of_many(source: Source) -> ReaderOfMany | None:
    many = not source.session_id and holds_many(source.tool)
    return cast(ReaderOfMany, reader(source.tool)) if many else None


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

    def is_wanted(name: str, _cwd: str | None) -> bool:
        return name == session_id

    for source in sources:
        many = _reader_of_many(source)
        if many is None and reader(source.tool).peek(source.files[0].path)[0] != session_id:
            continue
        found = (
            many.read_wanted(source, detail, lambda name, _cwd: name == session_id) if many else read(source, detail)
        )
        for session in found:
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
