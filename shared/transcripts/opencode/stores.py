"""The two shapes in which OpenCode keeps the same facts, as one."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from shared.transcripts.assembly import Skips
from shared.transcripts.databases import columns, opened, value
from shared.transcripts.loose import any_json, instant, parsed, text
from shared.transcripts.model import Source
from shared.transcripts.opencode.layout import is_database


class Row(Struct, frozen=True):
    """One session, its messages still unread. Instants are ms since the epoch."""

    id: str
    parent: str
    directory: str
    version: str
    created_ms: int | None
    updated_ms: int | None


class Store(Protocol):
    def sessions(self) -> list[Row]: ...

    def messages(self, session_id: str) -> Iterator[dict[str, Any]]: ...

    def parts(self, message_id: str) -> Iterator[dict[str, Any]]: ...


@contextlib.contextmanager
def store_of(source: Source, skips: Skips) -> Iterator[Store]:
    """The store of a source; raises sqlite3.Error for a file that is no database."""
    path = source.files[0].path
    if not is_database(path):
        yield FileStore(source, skips)
        return
    with opened(path) as connection:
        yield DatabaseStore(connection, path, skips)


class DatabaseStore:
    """opencode.db. A row whose JSON cannot be read is skipped and told with its number in the table."""

    def __init__(self, connection: sqlite3.Connection, path: str, skips: Skips) -> None:
        self._connection = connection
        self._path = path
        self._skips = skips

    def sessions(self) -> list[Row]:
        if not {"id", "directory"} <= columns(self._connection, "session"):
            return []
        rows = self._connection.execute("SELECT * FROM session ORDER BY id")
        return [
            Row(
                str(row["id"]),
                str(value(row, "parent_id") or ""),
                str(row["directory"] or ""),
                str(value(row, "version") or ""),
                instant(value(row, "time_created")),
                instant(value(row, "time_updated")),
            )
            for row in rows
        ]

    def messages(self, session_id: str) -> Iterator[dict[str, Any]]:
        yield from self._objects("message", "session_id", session_id)

    def parts(self, message_id: str) -> Iterator[dict[str, Any]]:
        yield from self._objects("part", "message_id", message_id)

    def _objects(self, table: str, column: str, wanted: str) -> Iterator[dict[str, Any]]:
        # Both names are this module's own, never a log's.
        query = f"SELECT rowid AS number, id, data FROM {table} WHERE {column} = ? ORDER BY id"  # noqa: S608
        for row in self._connection.execute(query, (wanted,)):
            found = parsed(row["data"]) if isinstance(row["data"], str | bytes) else None
            if found is None:
                self._skips.add(self._path, row["number"], f"no JSON object in the table {table}")
                continue
            yield {"id": row["id"], **found}


class FileStore:
    """storage/: one JSON file for each session, message and part."""

    def __init__(self, source: Source, skips: Skips) -> None:
        self._files = [Path(file.path) for file in source.files]
        self._skips = skips

    def sessions(self) -> list[Row]:
        path = self._files[0]
        found = self._object(path)
        if found is None:
            return []
        return [
            Row(
                text(found, "id") or path.stem,
                text(found, "parentID"),
                text(found, "directory"),
                text(found, "version"),
                instant(found, "time", "created"),
                instant(found, "time", "updated"),
            )
        ]

    def messages(self, session_id: str) -> Iterator[dict[str, Any]]:
        yield from self._below("message", session_id)

    def parts(self, message_id: str) -> Iterator[dict[str, Any]]:
        yield from self._below("part", message_id)

    def _below(self, kind: str, owner: str) -> Iterator[dict[str, Any]]:
        for path in self._files[1:]:
            if path.parent.name == owner and path.parent.parent.name == kind:
                found = self._object(path)
                if found is not None:
                    yield {"id": path.stem, **found}

    def _object(self, path: Path) -> dict[str, Any] | None:
        try:
            found = any_json(path.read_bytes())
        except OSError as error:
            self._skips.add(str(path), 0, error.strerror or "cannot be read")
            return None
        if not isinstance(found, dict):
            self._skips.add(str(path), 1, "no JSON object")
            return None
        return found
