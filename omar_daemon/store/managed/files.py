"""Uploaded files: a row per file, the bytes in a store of blobs named by their SHA-256."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import threading
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import BigInteger, Column, Connection, String

from omar_daemon.store.managed import clock
from omar_daemon.store.managed.documents import Document, Documents
from omar_daemon.store.managed.skills import versions as skill_versions
from shared import durable, paths

files = Documents(
    "files",
    "file",
    Column("session_id", String(64), index=True),
    Column("sha256", String(64), nullable=False, index=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
)
MAX_BYTES = 500 * 1024 * 1024
changing = threading.Lock()
"""Held from a blob's appearance to its row's, and from a row's end to its blob's: else one could undo the other."""


def folder() -> Path:
    return paths.tool_home("omar") / "files"


def blob(sha256: str) -> Path:
    """Where the bytes with this hash lie."""
    return folder() / sha256[:2] / sha256


class BlobWriter:
    """Takes a file in pieces, hashing while it writes; nothing is seen under `blob` until `finish`."""

    def __init__(self) -> None:
        durable.private_dir(folder())
        self._beside = folder() / f".{secrets.token_hex(12)}.new"
        descriptor = os.open(self._beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, durable.PRIVATE_FILE)
        self._sink = os.fdopen(descriptor, "wb")
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, piece: bytes) -> None:
        self._sink.write(piece)
        self._hash.update(piece)
        self.size += len(piece)

    def finish(self) -> str:
        """Publish the blob; returns its SHA-256."""
        self._sink.flush()
        os.fsync(self._sink.fileno())
        self._sink.close()
        name = self._hash.hexdigest()
        place = blob(name)
        durable.private_dir(place.parent)
        self._beside.replace(place)
        durable.sync_dir(place.parent)
        return name

    def discard(self) -> None:
        """Forget what was written; harmless after `finish`."""
        # On a full disk what is left in the buffer cannot be written either.
        with contextlib.suppress(OSError):
            self._sink.close()
        self._beside.unlink(missing_ok=True)


def sweep() -> None:
    """Remove what writers left that were killed. Only while nobody writes: at the start of the daemon."""
    for left in folder().glob(".*.new"):
        left.unlink(missing_ok=True)


def store_bytes(content: bytes) -> tuple[str, int]:
    """Keep these bytes; returns their SHA-256 and size."""
    writer = BlobWriter()
    try:
        writer.write(content)
        return writer.finish(), writer.size
    finally:
        writer.discard()


def of_session(connection: Connection, session_id: str) -> list[Document]:
    return files.select(connection, files.table.c.session_id == session_id)


def forget_expired(connection: Connection) -> list[str]:
    """Delete the rows of files whose time is over; returns the hashes of their blobs."""
    over = files.table.c.expires_at <= clock.now()
    hashes = [file.columns["sha256"] for file in files.select(connection, over)]
    if hashes:
        files.delete(connection, over)
    return hashes


def drop_unused(connection: Connection, hashes: Iterable[str]) -> None:
    """Delete those blobs that no file and no skill names any more. Hold `changing`, and see that the rows are gone."""
    for sha256 in set(hashes):
        used = files.exists(connection, files.table.c.sha256 == sha256)
        if not used and not skill_versions.exists(connection, skill_versions.table.c.sha256 == sha256):
            blob(sha256).unlink(missing_ok=True)
