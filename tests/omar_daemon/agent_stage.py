"""A daemon with agents for the tests of a whole module: started once, its tmux server ended with it."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from omar_daemon.fleet import control
from shared import paths
from tests.daemon import Daemon

Result = TypeVar("Result")
QUIET_PATH = "/usr/local/bin:/usr/bin:/bin"


def until(check: Callable[[], Result], seconds: float = 10.0) -> Result:
    """The first true value of `check`; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, f"not within {seconds} s; last: {found!r}"
        time.sleep(0.02)
    return found


def put_program(folder: Path, name: str, script: str) -> Path:
    """An executable sh script; answers `--version` with success before anything else."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && exit 0\n{script}\n')
    path.chmod(0o755)
    return path


@dataclass
class Stage:
    """`home` is the daemon's HOME; `socket` its tmux server's."""

    home: Path
    environment: dict[str, str]
    socket: str = ""
    daemon: Daemon = field(init=False)

    @property
    def api(self) -> httpx.Client:
        return self.daemon.client

    def spawn(self, name: str = "w", **body: Any) -> dict[str, Any]:
        answer = self.api.post("/api/agents", json={"name": name, "command": "cat", **body})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def screen(self, name: str) -> str:
        return self.tmux("capture-pane", "-p", "-J", "-S", "-2000", "-t", f"=omar-agent-{name}:")

    def tmux(self, *argv: str) -> str:
        done = subprocess.run(["tmux", "-u", "-L", self.socket, *argv], capture_output=True, text=True, check=False)
        return done.stdout

    def got(self) -> str:
        """What an agent whose command is `cat > got` was told."""
        path = self.home / "got"
        return path.read_text() if path.exists() else ""

    def kill_daemon(self) -> None:
        """kill -9: no drain, no clean-up; the agents live on."""
        self.daemon.kill()
        self.daemon.close()

    def start_daemon(self) -> None:
        with self.surroundings():
            self.daemon = Daemon()

    @contextlib.contextmanager
    def surroundings(self) -> Iterator[None]:
        """The environment of the daemon, for what looks at its home from a test."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            yield

    def clear(self) -> None:
        """No agents, no events, no projects."""
        for agent in self.api.get("/api/agents").json()["agents"]:
            self.api.delete(f"/api/agents/{agent['id']}", params={"force": "true"})
        for state in ("waiting", "dead"):
            for event in self.api.get("/api/events", params={"state": state}).json()["events"]:
                self.api.delete(f"/api/events/{event['id']}")


@contextlib.contextmanager
def stage(folder: Path, programs: dict[str, str] | None = None, path: str = QUIET_PATH) -> Iterator[Stage]:
    """A daemon in a home of its own below `folder`, with `programs` (sh scripts) first on its PATH."""
    for name, script in (programs or {}).items():
        put_program(folder / "bin", name, script)
    environment = {
        "HOME": str(folder), "OMA_HOME": str(folder / "oma"), "PATH": f"{folder / 'bin'}:{path}", "SHELL": "/bin/bash",
    }  # fmt: skip
    made = Stage(folder, environment)
    with made.surroundings():
        made.socket = paths.tmux_socket()
    made.start_daemon()
    try:
        yield made
    finally:
        made.daemon.close()
        with made.surroundings():
            control.end_abandoned()
        subprocess.run(["tmux", "-L", made.socket, "kill-server"], capture_output=True, check=False)
