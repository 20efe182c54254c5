"""Where Claude Code keeps its logs, and which files belong to one session.

<root>/projects/<encoded cwd>/<session>.jsonl
<root>/projects/<encoded cwd>/<session>/subagents/**/agent-<id>.jsonl      since 2.1.2
<root>/projects/<encoded cwd>/agent-<id>.jsonl                             before; joined by sessionId
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from shared import paths
from shared.transcripts.claude.reader import TOOL, is_agent_log
from shared.transcripts.claude.records import decode
from shared.transcripts.folders import folders_in, listing
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
        for folder in folders_in(root / "projects"):
            _collect(folder, owner, mains, agents)
    for name in sorted(mains):
        own = sorted(agents.get(name, ()), key=lambda file: file.path)
        yield Source(TOOL, name, (*mains[name], *own))


def _collect(folder: str, owner: Owner, mains: dict[str, list[LogFile]], agents: dict[str, list[LogFile]]) -> None:
    files, sessions = listing(folder, SUFFIX, follow_links=True)
    for file in files:
        if is_agent_log(file.path):
            agents.setdefault(owner(file.path) or "", []).append(file)
        else:
            mains.setdefault(file.path[len(folder) + 1 : -len(SUFFIX)], []).append(file)
    for name in sessions:
        own = _agent_logs(f"{folder}/{name}/subagents")
        if own:
            agents.setdefault(name, []).extend(own)


def _agent_logs(folder: str) -> list[LogFile]:
    files, folders = listing(folder, SUFFIX)
    found = [file for file in files if is_agent_log(file.path)]
    for name in folders:
        found += _agent_logs(f"{folder}/{name}")
    return found


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
