"""Where Gemini CLI keeps its chats.

<home>/.gemini/tmp/<project>/chats/session-<time>-<first 8 of the id>.json[l]
<home>/.gemini/tmp/<project>/chats/<id of the session>/<id of the sub-agent>.jsonl
<home>/.gemini/tmp/<project>/.project_root, <home>/.gemini/projects.json      which directory a project is

<project> is a short name, in older versions the SHA-256 of the directory.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from shared import paths
from shared.transcripts.folders import files_below, folders_in
from shared.transcripts.lines import read_lines
from shared.transcripts.loose import mapping, objects, parsed, text
from shared.transcripts.model import LogFile, Source

TOOL = "gemini"
PREFIX = "session-"
PEEK_LINES = 20
_SHORT_ID = re.compile(r"session-.*-([0-9a-zA-Z]{8})")

Owner = Callable[[str], str | None]


def discover(_owner: Owner) -> Iterator[Source]:
    """Each chat with those of its sub-agents; a chat that went on in the newer format is one with both files."""
    for home in paths.gemini_dirs():
        for project in folders_in(home / "tmp"):
            yield from _chats(Path(project) / "chats")


def _chats(folder: Path) -> Iterator[Source]:
    mains: dict[str, list[LogFile]] = {}
    for suffix in (".json", ".jsonl"):
        for file in files_below(folder, suffix, 0):
            if Path(file.path).name.startswith(PREFIX):
                mains.setdefault(Path(file.path).stem, []).append(file)
    below = {Path(name).name: name for name in folders_in(folder)}
    for stem, own in sorted(mains.items()):
        short = _SHORT_ID.fullmatch(stem)
        started = [name for name in below if short and name.startswith(short[1])]
        yield Source(TOOL, "", (*own, *_agents(started, below)))


def _agents(started: list[str], below: dict[str, str]) -> Iterator[LogFile]:
    """The chats in the folders of these ids, and in those of the agents found there."""
    waiting, seen = list(started), set(started)
    while waiting:
        for file in files_below(below[waiting.pop()], ".jsonl", 0):
            yield file
            name = Path(file.path).stem
            if name in below and name not in seen:
                seen.add(name)
                waiting.append(name)


def peek(path: str) -> tuple[str | None, str | None]:
    """(session id, directory) as the chat and the project's files tell."""
    return _session_id(path), project_root(path)


def _session_id(path: str) -> str | None:
    try:
        if path.endswith(".json"):
            return text(parsed(Path(path).read_bytes()), "sessionId") or None
        for number, _, data in read_lines(path, lambda _number, _reason: None):
            found = text(parsed(data), "sessionId")
            if found or number >= PEEK_LINES:
                return found or None
    except OSError:
        pass
    return None


def project_root(path: str) -> str | None:
    """The directory the chat at `path` belongs to."""
    project = next((parent.parent for parent in Path(path).parents if parent.name == "chats"), None)
    if project is None:
        return None
    try:
        told = (project / ".project_root").read_text(encoding="utf-8", errors="replace").strip()
        if told:
            return told
    except OSError:
        pass
    return _registered(project)


def _registered(project: Path) -> str | None:
    try:
        known = mapping(parsed((project.parent.parent / "projects.json").read_bytes()), "projects")
    except OSError:
        return None
    for root, name in known.items():
        if project.name in (name, hashlib.sha256(root.encode("utf-8", "replace")).hexdigest()):
            return str(root)
    return None


def messages_in(record: object) -> list[dict[str, object]]:
    """Messages that a whole record, or a `$set` of all, holds."""
    return objects(record, "messages")
