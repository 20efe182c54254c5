"""A fleet on a real private tmux server, driven from synchronous tests."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from omar_daemon.fleet.backends import Registry
from omar_daemon.fleet.fleet import Fleet
from omar_daemon.fleet.launch import SpawnRequest
from omar_daemon.fleet.options import DEFAULT_ERRORS, Options, error_patterns
from omar_daemon.store.engine import open_store
from shared import paths

Result = TypeVar("Result")
PROGRAMS = Path(__file__).parents[2] / "fakes"
TUI = f"{sys.executable} {PROGRAMS / 'box_tui.py'}"
RECORDER = f"{sys.executable} {PROGRAMS / 'recorder.py'}"


def until(check: Callable[[], Result], seconds: float = 10.0) -> Result:
    """The first true value of `check`; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds} s; last: {found!r}"
        time.sleep(0.02)


class Running:
    """A started fleet with an event loop in a thread of its own."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("registry", Registry({"claude": {"command": TUI}}))
        options.setdefault("errors", error_patterns(DEFAULT_ERRORS))
        self.store = open_store("", paths.daemon_database())
        self.fleet = Fleet(self.store, Options(paths.tmux_socket(), "http://127.0.0.1:9", **options))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.do(self.fleet.start())

    def do(self, work: Coroutine[Any, Any, Result], seconds: float = 30.0) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def spawn(self, name: str | None = None, command: str | None = "cat", **wanted: Any) -> dict[str, Any]:
        return self.do(self.fleet.spawn(SpawnRequest(name=name, command=command, **wanted)))

    def send(self, name: str, text: str, *, enter: bool = True, raw: bool = False) -> None:
        self.do(self.fleet.send(name, text, enter=enter, raw=raw))

    def detail(self, name: str, lines: int = 200) -> dict[str, Any]:
        return self.do(self.fleet.detail(name, lines))

    def names(self) -> list[str]:
        return [line["id"] for line in self.do(self.fleet.overview())["agents"]]

    def line(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(line for line in self.do(self.fleet.overview())["agents"] if line["id"] == name)
        return found

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def close(self) -> None:
        self.do(self.fleet.stop())
        self.abandon()

    def abandon(self) -> None:
        """Stop at once, as `kill -9` would: nothing is said to anybody."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        # The kernel would close a killed process's pipes.
        for channel in (self.fleet._reader, self.fleet._actor):
            self._loop.run_until_complete(channel.close())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()
        self.store.close()


@pytest.fixture
def running(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("SHELL", "/bin/bash")
    monkeypatch.setenv("PS1", "$ ")
    started = Running()
    yield started
    started.close()


def tmux(*argv: str) -> str:
    """One command on the private server, for looking at it from outside."""
    done = subprocess.run(["tmux", "-u", "-L", paths.tmux_socket(), *argv], capture_output=True, text=True, check=False)
    return done.stdout


def pane_of(name: str) -> str:
    return tmux("list-panes", "-t", f"=omar-agent-{name}:", "-F", "#{pane_id}").strip()
