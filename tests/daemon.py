"""A real daemon under test: the program of `omar serve` in a process of its own, on a free port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from shared import local_daemon, paths

DEADLINE_SECONDS = 15.0


class Daemon:
    """Starts in the current OMA_HOME; `client` carries no key, `owner` the owner's."""

    def __init__(self, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self._arguments = ["--port", "0", *arguments]
        self._environment = environment
        self.process = self._start()
        self.url = self._wait()
        self.port = int(self.url.rsplit(":", 1)[1])
        self.client = httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        self.owner = httpx.Client(base_url=self.url, timeout=30, trust_env=False, headers=self.owner_headers())

    def _start(self) -> subprocess.Popen[bytes]:
        log = self.log_path
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as sink:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "omar_daemon.serve", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env={**os.environ, **(self._environment or {})},
                start_new_session=True,
            )

    def _wait(self) -> str:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            record = local_daemon.running()
            if record is not None and record.pid == self.process.pid and local_daemon.health(record):
                return record.base_url
            assert self.process.poll() is None, f"the daemon left: {self.log}"
            time.sleep(0.02)
        raise AssertionError(f"the daemon did not answer: {self.log}")

    @property
    def log_path(self) -> Path:
        return paths.daemon_log().with_name("test-daemon.log")

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def owner_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {local_daemon.owner_key()}"}

    def key(self, *scopes: str, user: str = "ada") -> str:
        """A new key of `user` with these scopes."""
        answer = self.owner.post("/api/keys", json={"name": user, "user": user, "scopes": list(scopes)})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["key"])

    def headers(self, *scopes: str, user: str = "ada") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key(*scopes, user=user)}"}

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.client.request(method, path, **options)

    def kill(self) -> None:
        """kill -9: no drain, no clean-up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout=10)

    def close(self) -> None:
        self.client.close()
        self.owner.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kill()
                raise

    def __enter__(self) -> Daemon:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
