"""Where Visual Studio Code keeps chats.

<user>/workspaceStorage/<workspace>/chatSessions/<session>.json[l]
<user>/globalStorage/emptyWindowChatSessions/<session>.json[l]          windows without a folder
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from shared import paths
from shared.transcripts.editor import workspace_folder
from shared.transcripts.folders import files_below, folders_in
from shared.transcripts.model import LogFile, Source

TOOL = "copilot"

Owner = Callable[[str], str | None]


def discover(_owner: Owner) -> Iterator[Source]:
    """Each chat; where one stands in both formats, the newer one tells all."""
    for user in paths.vscode_dirs():
        folders = [Path(workspace) / "chatSessions" for workspace in folders_in(user / "workspaceStorage")]
        for folder in [*folders, user / "globalStorage" / "emptyWindowChatSessions"]:
            yield from (Source(TOOL, name, (file,)) for name, file in _chats(folder).items())


def _chats(folder: Path) -> dict[str, LogFile]:
    found: dict[str, LogFile] = {}
    for suffix in (".json", ".jsonl"):
        for file in files_below(folder, suffix, 0):
            found[Path(file.path).stem] = file
    return found


def peek(path: str) -> tuple[str | None, str | None]:
    """(session id, directory of the workspace) from the place of the file."""
    return Path(path).stem, folder_of(path)


def folder_of(path: str) -> str | None:
    return workspace_folder(Path(path).parent.parent)
