"""What the agent left in /mnt/session/outputs: listed, downloaded, and kept as files of the session."""

from __future__ import annotations

import contextlib
import logging
import mimetypes
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from omar_daemon.harness.sandbox.layout import Layout
from omar_daemon.harness.sandbox.reached import opened
from omar_daemon.store.engine import Store
from omar_daemon.store.managed import files as room
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.files import files
from omar_daemon.store.managed.sessions import sessions

log = logging.getLogger("omar.harness")

_COPY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Output:
    """One file; `modified_at` in microseconds."""

    filename: str
    path: Path
    size_bytes: int
    modified_at: int

    @property
    def media_type(self) -> str:
        return mimetypes.guess_type(self.filename)[0] or "application/octet-stream"


def listed(session_id: str) -> list[Output]:
    """The regular files directly in the folder, by name; links are not followed."""
    folder = Layout.of(session_id).outputs
    found = []
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name) if folder.is_dir() else []:
        # What a tool removes at this moment is no output.
        with contextlib.suppress(FileNotFoundError):
            facts = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(facts.st_mode):
                found.append(Output(entry.name, Path(entry.path), facts.st_size, facts.st_mtime_ns // 1000))
    return found


def register(store: Store, session_id: str) -> None:
    """Keep new and changed outputs as files of the session, so that GET /v1/files lists them. Blocking."""
    present = listed(session_id)
    if not present:
        return
    with store.read() as connection:
        known = {file.body["filename"]: file for file in _kept(connection, session_id)}
    for output in present:
        file = known.get(output.filename)
        if file is not None and file.body["modified_at"] == output.modified_at:
            continue
        try:
            _keep(store, session_id, output)
        except OSError as error:
            log.warning("the output %r of %s is not kept: %s", output.filename, session_id, error)


def _kept(connection: Connection, session_id: str) -> list[Document]:
    return [file for file in room.of_session(connection, session_id) if file.body.get("output")]


def _keep(store: Store, session_id: str, output: Output) -> None:
    if output.size_bytes > room.MAX_BYTES:
        return
    writer = room.BlobWriter()
    try:
        with opened(output.path) as source:
            while piece := source.read(_COPY_BYTES):
                writer.write(piece)
                if writer.size > room.MAX_BYTES:
                    return
        body = {
            "filename": output.filename, "media_type": output.media_type, "downloadable": True, "output": True,
            "modified_at": output.modified_at,
        }  # fmt: skip
        with room.changing:
            columns = {"session_id": session_id, "sha256": writer.finish(), "size_bytes": writer.size}
            with store.write() as connection:
                _replace(connection, session_id, body, columns)
    finally:
        writer.discard()


def _replace(connection: Connection, session_id: str, body: dict[str, Any], columns: dict[str, Any]) -> None:
    if sessions.get(connection, session_id) is None:
        return
    for file in _kept(connection, session_id):
        if file.body["filename"] == body["filename"]:
            files.change(connection, file, body, **columns)
            return
    files.insert(connection, body, expires_at=None, **columns)
