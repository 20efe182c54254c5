"""Memory stores as folders under /mnt/memory, and back: what the agent changed there becomes versions.

Blocking; run it in a thread. Before a tool runs the folder shows the store; after it, files that differ from what was
shown are written to the store with the session as their author. The only writer of the store is held for differences
alone, a few at a time: what a folder holds is walked, read and hashed without it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import PurePosixPath
from typing import TypeVar

from sqlalchemy import Connection

from omar_daemon.harness.sandbox.layout import Layout
from omar_daemon.harness.sandbox.reached import content_of, folder_below, regular_files, write_new
from omar_daemon.harness.setup import StoreMount
from omar_daemon.store.engine import Store
from omar_daemon.store.managed import memory as room
from omar_daemon.store.managed.memory import Author, PathTaken, checked_content, checked_path

MAX_FILES = 2000
"""How many files of a folder become memories."""
_AT_ONCE = 50
"""Differences in one transaction."""

T = TypeVar("T")
Shown = dict[str, str]
"""The SHA-256 of what each path of a store held when it was last shown."""


def show(connection: Connection, layout: Layout, mount: StoreMount) -> Shown:
    """Bring the folder to the state of the store; what cannot be shown is not among what is returned."""
    wanted = {memory.columns["path"]: memory.columns for memory in room.below(connection, mount.store_id)}
    # A memory may lie below the path of another one; a file cannot.
    for above in {str(parent) for path in wanted for parent in PurePosixPath(path).parents}:
        wanted.pop(above, None)
    right: set[str] = set()
    for path, folder, name in regular_files(layout.root / "memory", mount.folder):
        if path not in wanted:
            os.unlink(name, dir_fd=folder)
        elif _sha256(content_of(folder, name, room.MAX_CONTENT)) == wanted[path]["sha256"]:
            right.add(path)
    for path in wanted.keys() - right:
        # A folder the agent made where a memory should be stays: the memory is still in its store.
        with contextlib.suppress(OSError):
            _write(layout, mount, path, wanted[path]["content"])
            right.add(path)
    return {path: wanted[path]["sha256"] for path in right}


def collect(store: Store, layout: Layout, mount: StoreMount, shown: Shown, session_id: str) -> int:
    """Write what differs from `shown` into the store; what is no valid memory is left alone.

    Returns how many new files were left out because the folder holds too many.
    """
    author = Author(session_id=session_id)
    present = {path for path, _, _ in regular_files(layout.root / "memory", mount.folder)}
    left_out = sorted(present - shown.keys())[max(0, MAX_FILES - len(present & shown.keys())) :]
    for changes in _few(_changes(layout, mount, shown, present.difference(left_out))):
        with store.write() as connection:
            for path, content in changes:
                with contextlib.suppress(PathTaken):
                    _keep(connection, mount.store_id, path, content, author)
    for paths in _few(sorted(shown.keys() - present)):
        with store.write() as connection:
            for path in paths:
                memory = room.at_path(connection, mount.store_id, path)
                if memory is not None and memory.columns["sha256"] == shown[path]:
                    room.delete(connection, memory, author)
    return len(left_out)


def _changes(layout: Layout, mount: StoreMount, shown: Shown, wanted: set[str]) -> Iterator[tuple[str, str]]:
    """Path and content of each valid memory among `wanted` that is not as it was shown."""
    for path, folder, name in regular_files(layout.root / "memory", mount.folder):
        content = content_of(folder, name, room.MAX_CONTENT) if path in wanted else None
        if content is not None and shown.get(path) != _sha256(content):
            with contextlib.suppress(ValueError):
                yield checked_path(path), checked_content(content.decode())


def _few(items: Iterable[T]) -> Iterator[list[T]]:
    """The items in lists for one transaction each."""
    rest = iter(items)
    while taken := list(islice(rest, _AT_ONCE)):
        yield taken


def _keep(connection: Connection, store_id: str, path: str, content: str, author: Author) -> None:
    memory = room.at_path(connection, store_id, path)
    if memory is None:
        room.create(connection, store_id, path, content, author)
    else:
        room.update(connection, memory, author, content=content)


def _sha256(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def _write(layout: Layout, mount: StoreMount, path: str, content: str) -> None:
    parent, _, name = path.rpartition("/")
    with folder_below(layout.root / "memory", f"{mount.folder}/{parent}") as folder:
        write_new(folder, name, iter([content.encode()]))
