"""Collecting what an agent left in its memory folder: nobody else waits for it, and a full folder is said."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from omar_daemon.harness.broker import Broker
from omar_daemon.harness.journal import Journal
from omar_daemon.harness.sandbox import memory_folder
from omar_daemon.harness.sandbox.layout import Layout
from omar_daemon.harness.setup import Setup, StoreMount
from omar_daemon.harness.workshop import Workshop
from omar_daemon.store.engine import Store, open_store
from omar_daemon.store.managed import events, memory, sessions


class Folder:
    """A memory store's folder in the sandbox of a session."""

    def __init__(self, store: Store) -> None:
        self.store = store
        body = {"agent": {"id": "agent_x", "version": 1}, "environment_id": "env_x", "resources": []}
        with store.write() as connection:
            self.session = sessions.create(connection, body)
            self.store_id = memory.stores.insert(connection, {"name": "n", "description": "", "metadata": {}}).id
        layout = Layout.of(self.session.id)
        layout.prepare()
        self.path = layout.root / "memory" / "notes"
        mount = StoreMount(self.store_id, "notes", "", "", writable=True)
        self.setup = Setup(self.session, {}, {}, stores=[mount])
        self.layout = layout

    def collect(self, times: int = 1) -> None:
        async def collected() -> None:
            journal = Journal(self.store, Broker())
            workshop = Workshop(journal, self.setup)
            workshop._show_memories(self.layout)
            self.write()
            for _ in range(times):
                await workshop._collect_memories()
            await journal.settle()

        asyncio.run(collected())

    def write(self) -> None:
        """What the agent does between."""

    def paths(self) -> list[str]:
        with self.store.read() as connection:
            return [found.columns["path"] for found in memory.below(connection, self.store_id)]

    def warnings(self) -> list[dict[str, Any]]:
        with self.store.read() as connection:
            return [event.value for event in events.read(connection, self.session.id)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    monkeypatch.setenv("OMA_HOME", str(tmp_path / "oma"))
    store = open_store("", tmp_path / "omar.db")
    yield Folder(store)
    store.close()


def watched(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happens to the folder's files and the store's writer, in order."""
    seen: list[str] = []
    write, content_of = folder.store.write, memory_folder.content_of

    @contextlib.contextmanager
    def noted() -> Iterator[Connection]:
        with write() as connection:
            seen.append("held")
            yield connection
        seen.append("free")

    def read(*given: Any) -> bytes | None:
        seen.append("read")
        return content_of(*given)

    monkeypatch.setattr(folder.store, "write", noted)
    monkeypatch.setattr(memory_folder, "content_of", read)
    return seen


def test_no_file_is_read_while_the_writer_is_held_and_it_is_held_shortly(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = watched(folder, monkeypatch)
    monkeypatch.setattr(folder, "write", lambda: [(folder.path / f"{name}.md").write_text("x") for name in range(130)])
    folder.collect(times=3)
    assert len(folder.paths()) == 130
    assert seen.count("held") == 3
    assert all(following == "free" for now, following in itertools.pairwise(seen) if now == "held")


def test_changes_and_deletions_arrive_in_the_store(folder: Folder) -> None:
    author = memory.Author()
    with folder.store.write() as connection:
        for name in ("a", "b", "c"):
            memory.create(connection, folder.store_id, f"/{name}", "old", author)

    def write() -> None:
        (folder.path / "a").unlink()
        (folder.path / "b").write_text("new")
        (folder.path / "d").write_bytes(b"\xff no text")
        (folder.path / "e").write_text("e")

    folder.write = write  # type: ignore[method-assign]
    folder.collect(times=2)
    assert folder.paths() == ["/b", "/c", "/e"]
    with folder.store.read() as connection:
        changed = memory.at_path(connection, folder.store_id, "/b")
    assert changed is not None
    assert changed.columns["content"] == "new"
    assert folder.warnings() == []


def test_a_folder_takes_so_many_files_and_the_rest_is_said(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_folder, "MAX_FILES", 5, raising=False)
    with folder.store.write() as connection:
        memory.create(connection, folder.store_id, "/z", "old", memory.Author())
    monkeypatch.setattr(folder, "write", lambda: [(folder.path / f"{name}.md").write_text("x") for name in range(8)])
    folder.collect()
    assert folder.paths() == ["/0.md", "/1.md", "/2.md", "/3.md", "/z"]
    (warning,) = folder.warnings()
    assert (warning["type"], warning["source"]) == ("session.warning", "memory")
    assert warning["message"] == "/mnt/memory/notes takes 5 files: 4 new ones were not kept."


def test_a_memory_that_cannot_be_shown_is_not_taken_for_deleted(folder: Folder) -> None:
    """One that lies above another, and one in whose place the agent has a folder."""
    with folder.store.write() as connection:
        for path in ("/a", "/a/b", "/c"):
            memory.create(connection, folder.store_id, path, "old", memory.Author())
    (folder.path / "c" / "mine").mkdir(parents=True)
    folder.collect(times=2)
    assert folder.paths() == ["/a", "/a/b", "/c"]
    assert (folder.path / "a" / "b").read_text() == "old"
