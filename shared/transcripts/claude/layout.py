"""Where Claude Code keeps its logs, and which files belong to one session.

<root>/projects/<encoded cwd>/<session>.jsonl
<root>/projects/<encoded cwd>/<session>/subagents/**/agent-<id>.jsonl      since 2.1.2
<root>/projects/<encoded cwd>/agent-<id>.jsonl                             before; joined by sessionId
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from shared import paths
from shared.transcripts.claude.reader import TOOL, is_agent_log
from shared.transcripts.claude.records import decode
from shared.transcripts.lines import read_lines
from shared.transcripts.model import LogFile, Source

SUFFIX = ".jsonl"
PEEK_LINES = 50

Owner = Callable[[str], str | None]


def discover(owner: Owner) -> Iterator[Source]:
    """All sessions on this machine. `owner` tells the session of a log that stands outside a session's folder.

    Files of one session id in several folders (the project moved, two configuration directories) are one source.
    """
    mains: dict[str, list[LogFile]] = {}
    agents: dict[str, list[LogFile]] = {}
    for root in paths.claude_dirs():
        for folder in _folders(root / "projects"):
            _collect(folder, owner, mains, agents)
    for name in sorted(mains):
        own = sorted(agents.get(name, ()), key=lambda file: file.path)
        yield Source(TOOL, name, (*mains[name], *own))


def _folders(projects: os.PathLike[str]) -> list[str]:
    return sorted(entry.path for entry in _entries(projects) if entry.is_dir())


def _entries(folder: str | os.PathLike[str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def _collect(folder: str, owner: Owner, mains: dict[str, list[LogFile]], agents: dict[str, list[LogFile]]) -> None:
    for entry in _entries(folder):
        if not entry.name.endswith(SUFFIX):
            if entry.is_dir():
                agents.setdefault(entry.name, []).extend(_agent_logs(f"{entry.path}/subagents"))
            continue
        file = _log_file(entry)
        if file is None:
            continue
        if is_agent_log(entry.name):
            agents.setdefault(owner(entry.path) or "", []).append(file)
        else:
            mains.setdefault(entry.name.removesuffix(SUFFIX), []).append(file)


def _agent_logs(folder: str) -> Iterator[LogFile]:
    for entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _agent_logs(entry.path)
        elif is_agent_log(entry.name) and entry.name.endswith(SUFFIX):
            file = _log_file(entry)
            if file is not None:
                yield file


def _log_file(entry: os.DirEntry[str]) -> LogFile | None:
    try:
        if not entry.is_file():
            return None
        status = entry.stat()
    except OSError:
        return None
    return LogFile(entry.path, status.st_size, status.st_mtime_ns)


def peek(path: str) -> tuple[str | None, str | None]:
    """(session id, working directory) of the first lines of a log; None where they tell none."""
    session_id = cwd = None
    try:
        for number, _, data in read_lines(path, lambda _number, _reason: None):
            record = decode(data)
            if record is not None:
                session_id, cwd = session_id or record.session_id, cwd or record.cwd
            if (session_id and cwd) or number >= PEEK_LINES:
                break
    except OSError:
        pass
    return session_id, cwd
