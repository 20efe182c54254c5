"""Outputs lie where the agent can change them at any moment: nothing it puts there holds up the daemon."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from omar_daemon.harness import outputs
from omar_daemon.harness.outputs import Output
from omar_daemon.harness.sandbox.layout import Layout
from omar_daemon.managed_api import session_results
from omar_daemon.routing import ApiError
from omar_daemon.store.engine import Store
from omar_daemon.store.managed import files as room
from omar_daemon.store.managed import sessions


@pytest.fixture
def session(store: Store) -> str:
    body = {"agent": {"id": "agent_x", "version": 1}, "environment_id": "env_x", "resources": []}
    with store.write() as connection:
        made = sessions.create(connection, body).id
    Layout.of(made).prepare()
    return made


def pipe_after_listing(session: str, name: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file was one when it was listed; then the agent put a pipe in its place."""
    path = Layout.of(session).outputs / name
    path.write_text("content")
    seen = outputs.listed(session)
    monkeypatch.setattr(outputs, "listed", lambda _session: seen)
    path.unlink()
    os.mkfifo(path)
    return path


@contextlib.contextmanager
def opened_later(path: Path, seconds: float = 2.0) -> Iterator[None]:
    """Whoever waits at the pipe goes on after a while: else a test that fails would never end."""

    def release() -> None:
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))

    timer = threading.Timer(seconds, release)
    timer.start()
    yield
    timer.cancel()
    timer.join()


def test_a_pipe_in_the_place_of_an_output_does_not_stop_the_daemon(
    session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pipe_after_listing(session, "a.txt", monkeypatch)

    async def exists(_request: Request) -> Any:
        return type("Session", (), {"id": session})

    monkeypatch.setattr(session_results, "session_exists", exists)
    moments: list[float] = []

    async def tick() -> None:
        while True:
            moments.append(time.monotonic())
            await asyncio.sleep(0.02)

    async def download() -> None:
        ticking = asyncio.create_task(tick())
        await asyncio.sleep(0.1)
        request = Request({"type": "http", "headers": [], "path_params": {"filename": "a.txt"}})
        try:
            response: Any = await session_results.download_output(request)
            async for _ in response.body_iterator:
                pass
        finally:
            await asyncio.sleep(0.1)
            ticking.cancel()

    with opened_later(path), pytest.raises(ApiError, match=r"a\.txt"):
        asyncio.run(download())
    assert max(later - sooner for sooner, later in itertools.pairwise(moments)) < 1


def test_a_pipe_among_the_outputs_does_not_hold_up_the_others(
    store: Store, session: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (Layout.of(session).outputs / "b.txt").write_text("kept")
    path = pipe_after_listing(session, "a.txt", monkeypatch)
    began = time.monotonic()
    with opened_later(path), caplog.at_level(logging.WARNING, logger="omar.harness"):
        outputs.register(store, session)
    assert time.monotonic() - began < 1.5
    with store.read() as connection:
        assert [file.body["filename"] for file in room.of_session(connection, session)] == ["b.txt"]
    assert "'a.txt'" in caplog.text


def test_an_output_that_grows_beyond_the_limit_while_it_is_copied_is_not_kept(
    store: Store, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MAX_BYTES", 3 * 1024 * 1024)
    path = Layout.of(session).outputs / "large.bin"
    path.write_bytes(b"x" * (5 * 1024 * 1024))
    small = Output("large.bin", path, 10, 1)
    monkeypatch.setattr(outputs, "listed", lambda _session: [small])
    outputs.register(store, session)
    with store.read() as connection:
        assert room.of_session(connection, session) == []
    assert list(room.folder().glob(".*.new")) == []
