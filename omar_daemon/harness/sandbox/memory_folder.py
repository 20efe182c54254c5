"""Memory stores as folders under /mnt/memory, and back: what the agent changed there becomes versions.

Blocking; run it in a thread. Before a tool runs the folder shows the store; after it, files that differ from what was
shown are written to the store with the session as their author.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from omar_daemon.harness.sandbox.layout import Layout
from omar_daemon.harness.setup import StoreMount
from omar_daemon.store.managed import memory as room
from omar_daemon.store.managed.memory import Author, PathTaken, checked_content, checked_path
from shared import durable

Shown = dict[str, str]
"""The SHA-256 of what each path of a store held when it was last shown."""


def show(connection: Connection, layout: Layout, mount: StoreMount) -> Shown:
    """Bring the folder to the state of the store."""
    folder = layout.root / "memory" / mount.folder
    durable.private_dir(folder)
    wanted = {memory.columns["path"]: memory.columns for memory in room.below(connection, mount.store_id)}
    present = dict(_files(folder))
    for path in present.keys() - wanted.keys():
        present[path].unlink(missing_ok=True)
    for path, columns in wanted.items():
        if path not in present or _sha256(present[path]) != columns["sha256"]:
            _write(folder, path, columns["content"])
    return {path: columns["sha256"] for path, columns in wanted.items()}


def collect(connection: Connection, layout: Layout, mount: StoreMount, shown: Shown, session_id: str) -> None:
    """Write what differs from `shown` into the store; what is no valid memory is left alone."""
    author = Author(session_id=session_id)
    present = dict(_files(layout.root / "memory" / mount.folder))
    for path, place in present.items():
        digest = _sha256(place)
        if digest is not None and shown.get(path) != digest:
            with contextlib.suppress(ValueError, OSError, PathTaken):
                _keep(connection, mount.store_id, path, place.read_bytes().decode(), author)
    for path in shown.keys() - present.keys():
        memory = room.at_path(connection, mount.store_id, path)
        if memory is not None and memory.columns["sha256"] == shown[path]:
            room.delete(connection, memory, author)


def _keep(connection: Connection, store_id: str, path: str, content: str, author: Author) -> None:
    checked_path(path)
    checked_content(content)
    memory = room.at_path(connection, store_id, path)
    if memory is None:
        room.create(connection, store_id, path, content, author)
    else:
        room.update(connection, memory, author, content=content)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Regular files below the folder by their path in the store; links are not followed."""
    for parent, _, names in os.walk(folder):
        for name in names:
            place = Path(parent) / name
            if stat.S_ISREG(place.lstat().st_mode):
                yield "/" + place.relative_to(folder).as_posix(), place


def _sha256(place: Path) -> str | None:
    """None for a file that is too large to be a memory or cannot be read."""
    try:
        if place.stat().st_size > room.MAX_CONTENT:
            return None
        return hashlib.sha256(place.read_bytes()).hexdigest()
    except OSError:
        return None


def _write(folder: Path, path: str, content: str) -> None:
    target = folder / path.lstrip("/")
    durable.private_dir(target.parent)
    if target.parent.resolve().is_relative_to(folder.resolve()) and not target.is_symlink():
        target.write_text(content, encoding="utf-8", newline="")
