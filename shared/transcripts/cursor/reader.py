"""Reads Cursor's chats, one in memory at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from shared.transcripts.assembly import Skips, Talk, session_of
from shared.transcripts.cursor.bubbles import add_bubble
from shared.transcripts.cursor.layout import DATABASE, is_database, workspaces_of
from shared.transcripts.cursor.transcript import transcript_session
from shared.transcripts.databases import columns, opened
from shared.transcripts.editor import local_path, workspace_folder
from shared.transcripts.loose import instant, mapping, objects, parsed, text
from shared.transcripts.model import Detail, Session, Source

COMPOSER = "composerData:"
BUBBLE = "bubbleId:"

Wanted = Callable[[str, str | None], bool]


def read(source: Source, detail: Detail) -> Iterator[Session]:
    yield from read_wanted(source, detail, lambda _id, _cwd: True)


def read_wanted(source: Source, detail: Detail, wanted: Wanted) -> Iterator[Session]:
    """The chats for whose id and directory `wanted` is true: those of the databases, then those told only by files."""
    seen: set[str] = set()
    for file in source.files:
        if is_database(file.path):
            yield from _chats(source, file.path, detail, wanted, seen)
    for index, file in enumerate(source.files):
        name = Path(file.path).stem
        if file.path.endswith(".jsonl") and name not in seen and wanted(name, None):
            session = transcript_session(source, index, detail)
            if session is not None:
                seen.add(name)
                yield session


def _chats(source: Source, path: str, detail: Detail, wanted: Wanted, seen: set[str]) -> Iterator[Session]:
    skips = Skips()
    try:
        with opened(path) as connection:
            if not {"key", "value"} <= columns(connection, "cursorDiskKV"):
                return
            directories = _directories(path)
            for key in _keys(connection):
                session = _chat(connection, source, path, key, detail, directories, wanted, skips)
                if session is not None:
                    seen.add(session.id)
                    yield session
                    skips.told, skips.count = [], 0
    except sqlite3.Error as error:
        skips.add(path, 0, f"no readable database ({type(error).__name__})")
        yield Session(tool=source.tool, id="", files=source.files, skipped=skips.told, skipped_lines=skips.count)


def _keys(connection: sqlite3.Connection) -> list[str]:
    # A range, not LIKE: the table's index serves it, and the table can be gigabytes.
    rows = connection.execute(
        "SELECT key FROM cursorDiskKV WHERE key >= ? AND key < ?", (COMPOSER, COMPOSER[:-1] + ";")
    )
    return [row["key"] for row in rows]


def _chat(
    connection: sqlite3.Connection,
    source: Source,
    path: str,
    key: str,
    detail: Detail,
    directories: dict[str, str],
    wanted: Wanted,
    skips: Skips,
) -> Session | None:
    found = _value(connection, key)
    name = key.removeprefix(COMPOSER)
    if found is None:
        skips.add(path, 0, f"{key} is no JSON object")
        return None
    cwd = directories.get(name) or _told_directory(found)
    if not wanted(name, cwd):
        return None
    talk = Talk(detail)
    model = text(found, "modelConfig", "modelName") or None
    for number, bubble in enumerate(_bubbles(connection, path, name, found, skips)):
        add_bubble(talk, bubble, f"{name}#{number}", model)
    if talk.is_empty:
        return None
    talk.note(instant(found, "createdAt"))
    return session_of(source, name, talk, skips, cwd=cwd, modified_ms=instant(found, "lastUpdatedAt") or talk.ended_ms)


def _bubbles(
    connection: sqlite3.Connection, path: str, name: str, chat: dict[str, Any], skips: Skips
) -> Iterator[dict[str, Any]]:
    """In order: whole in the chat itself (older), or named there and kept apart."""
    heads = objects(chat, "fullConversationHeadersOnly")
    if not heads:
        yield from objects(chat, "conversation")
        return
    for head in heads:
        key = f"{BUBBLE}{name}:{text(head, 'bubbleId')}"
        found = _value(connection, key)
        if found is None:
            skips.add(path, 0, f"{key} is missing or no JSON object")
        else:
            yield {"type": head.get("type"), "bubbleId": text(head, "bubbleId"), **found}


def _value(connection: sqlite3.Connection, key: str) -> dict[str, Any] | None:
    row = connection.execute("SELECT value FROM cursorDiskKV WHERE key = ?", (key,)).fetchone()
    return parsed(row["value"]) if row is not None and isinstance(row["value"], str | bytes) else None


def _told_directory(chat: dict[str, Any]) -> str | None:
    address = mapping(chat, "workspaceIdentifier", "uri")
    return text(address, "fsPath") or local_path(text(address, "external")) or None


def _directories(path: str) -> dict[str, str]:
    """Chat id → directory, as the workspaces' own databases tell."""
    found: dict[str, str] = {}
    for workspace in workspaces_of(path):
        folder = workspace_folder(workspace)
        database = workspace / DATABASE
        if folder is None or not database.is_file():
            continue
        try:
            with opened(str(database)) as connection:
                row = connection.execute("SELECT value FROM ItemTable WHERE key = 'composer.composerData'").fetchone()
        except sqlite3.Error:
            continue
        listed = parsed(row["value"]) if row is not None and isinstance(row["value"], str | bytes) else None
        found.update({text(chat, "composerId"): folder for chat in objects(listed, "allComposers")})
    return found
