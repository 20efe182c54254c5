"""Where Cursor keeps its chats.

<user>/globalStorage/state.vscdb                                 every chat ("composer") and its bubbles
<user>/workspaceStorage/<workspace>/state.vscdb, workspace.json  which chats belong to which directory
~/.cursor/projects/<project>/agent-transcripts/**/<chat>.jsonl   what the agent on the command line said and did
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from shared import paths
from shared.transcripts.databases import database_files
from shared.transcripts.folders import files_below, folders_in
from shared.transcripts.model import LogFile, Source

TOOL = "cursor"
DATABASE = "state.vscdb"

Owner = Callable[[str], str | None]


def discover(_owner: Owner) -> Iterator[Source]:
    """Everything of Cursor is one source: a chat may stand in the database and in a transcript."""
    databases = [file for user in paths.cursor_dirs() for file in database_files(user / "globalStorage" / DATABASE)]
    files = (*databases, *_transcripts())
    if files:
        yield Source(TOOL, "", files)


def _transcripts() -> Iterator[LogFile]:
    for home in paths.cursor_agent_dirs():
        for project in folders_in(home / "projects"):
            yield from files_below(Path(project) / "agent-transcripts", ".jsonl")


def peek(_path: str) -> tuple[str | None, str | None]:
    """Nothing: the database holds many chats."""
    return None, None


def is_database(path: str) -> bool:
    return path.endswith(DATABASE)


def workspaces_of(database: str) -> list[Path]:
    """The workspaces beside the `globalStorage` that holds `database`."""
    return [Path(found) for found in folders_in(Path(database).parent.parent / "workspaceStorage")]
