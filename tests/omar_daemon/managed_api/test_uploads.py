"""Uploads that fail on their way: a full disk, a kill. What was written of them does not stay."""

from __future__ import annotations

import asyncio
import io
import resource
import signal
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from omar_daemon.harness.manager import Managed
from omar_daemon.managed_api import files
from omar_daemon.store.engine import Store
from omar_daemon.store.managed import files as room
from shared import durable

WANTED = {"filename": "a", "media_type": "text/plain", "downloadable": True, "session_id": None, "expires": None}


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file may grow beyond 3 MiB."""
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, handler)


class Broken(io.BytesIO):
    """An upload whose connection's file is gone after the first piece."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise ValueError("read of closed file")
        return super().read(size)


def left() -> list[str]:
    return [path.name for path in room.folder().iterdir() if path.is_file()]


def insert(store: Store, source: Any) -> None:
    app = SimpleNamespace(state=SimpleNamespace(services=SimpleNamespace(store=store)))
    files._insert(Request({"type": "http", "app": app}), WANTED, source)


@pytest.mark.usefixtures("small_disk")
def test_an_upload_that_finds_the_disk_full_leaves_nothing(store: Store) -> None:
    with pytest.raises(OSError, match="too large"):
        insert(store, io.BytesIO(b"x" * (8 << 20)))
    assert left() == []


@pytest.mark.usefixtures("small_disk")
def test_what_the_buffer_still_holds_on_a_full_disk_is_discarded(store: Store) -> None:
    writer = room.BlobWriter()
    writer.write(b"x" * (3 << 20))
    writer.write(b"x")
    writer.discard()
    assert left() == []


@pytest.mark.parametrize("source", [Broken(b"x" * (2 << 20)), io.BytesIO(b"x" * (2 << 20))], ids=["broken", "large"])
def test_an_upload_that_breaks_off_or_is_too_large_leaves_nothing(
    store: Store, source: io.BytesIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MAX_BYTES", 1 << 20)
    with pytest.raises((ValueError, files.ApiError)):
        insert(store, source)
    assert left() == []


def test_what_a_killed_daemon_left_is_swept_at_the_next_start(store: Store) -> None:
    durable.private_dir(room.folder())
    (room.folder() / ".0123456789ab.new").write_bytes(b"half")
    kept, _ = room.store_bytes(b"whole")

    async def started() -> None:
        managed = Managed(store)
        await managed.start()
        await managed.stop()

    asyncio.run(started())
    assert left() == []
    assert room.blob(kept).read_bytes() == b"whole"
