"""Where Aider keeps its chats: one Markdown file in the project's directory, with all sessions of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from shared import paths
from shared.transcripts.folders import file_at
from shared.transcripts.model import Source

TOOL = "aider"
NAME = ".aider.chat.history.md"

Owner = Callable[[str], str | None]


def discover(_owner: Owner) -> Iterator[Source]:
    """Each history that can be found; nothing says where all projects of a machine are."""
    for path in paths.aider_histories():
        file = file_at(path)
        if file is not None:
            yield Source(TOOL, "", (file,))


def peek(path: str) -> tuple[str | None, str | None]:
    """The directory of the project; the history holds many sessions."""
    return None, str(Path(path).parent)
