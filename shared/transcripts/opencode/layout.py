"""Where OpenCode keeps its sessions.

<data>/opencode.db, <data>/opencode-<channel>.db                 all sessions
<data>/storage/session/<project>/<session>.json                  before: one file for each session,
<data>/storage/message/<session>/<message>.json                  each message
<data>/storage/part/<message>/<part>.json                        and each part of one
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from shared import paths
from shared.transcripts.databases import database_files
from shared.transcripts.folders import files_below
from shared.transcripts.loose import parsed, text
from shared.transcripts.model import LogFile, Source

TOOL = "opencode"
SUFFIX = ".json"

Owner = Callable[[str], str | None]


def discover(_owner: Owner) -> Iterator[Source]:
    """Each database, or where there is none, each session's files."""
    for folder in paths.opencode_dirs():
        databases = sorted(folder.glob("opencode*.db"))
        for database in databases:
            files = database_files(database)
            if files:
                yield Source(TOOL, "", files)
        if not databases:
            yield from _stored(folder / "storage")


def _stored(storage: Path) -> Iterator[Source]:
    for file in files_below(storage / "session", SUFFIX):
        name = Path(file.path).stem
        yield Source(TOOL, name, (file, *_messages(storage, name)))


def _messages(storage: Path, session_id: str) -> Iterator[LogFile]:
    for message in files_below(storage / "message" / session_id, SUFFIX, 0):
        yield message
        yield from files_below(storage / "part" / Path(message.path).stem, SUFFIX, 0)


def is_database(path: str) -> bool:
    return path.endswith(".db")


def peek(path: str) -> tuple[str | None, str | None]:
    """(session id, directory) of a session's file; a database tells neither."""
    if is_database(path):
        return None, None
    try:
        found = parsed(Path(path).read_bytes())
    except OSError:
        return None, None
    return text(found, "id") or None, text(found, "directory") or None
