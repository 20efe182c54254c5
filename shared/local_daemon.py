"""How a command finds, starts and proves itself to the embedded daemon.

The daemon holds a `flock` on its pidfile for as long as it lives and writes one JSON record into it, so
"is it running" asks the lock and never guesses from a pid. (DESIGN 5.9)
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from shared import config, paths
from shared.config import Setting
from shared.errors import ConfigError, NotAuthorisedError, OmaError, UnavailableError

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
HEALTH_SECONDS = 2.0
START_SECONDS = 20.0

API_SETTINGS = (
    Setting("api.enabled", True, bool, "whether the daemon serves HTTP at all"),
    Setting("api.host", "127.0.0.1", str, "the address the daemon listens on", env="OMAR_HOST"),
    Setting("api.port", 9876, int, "the port the daemon listens on", env="OMAR_PORT", least=0, most=65535),
)


@dataclass(frozen=True)
class DaemonRecord:
    """What a running daemon says of itself in its pidfile. `started_at` is seconds since the epoch."""

    pid: int
    host: str
    port: int
    version: str
    started_at: float

    @property
    def base_url(self) -> str:
        return f"http://{url_host(self.host)}:{self.port}"


def url_host(host: str) -> str:
    """The host by which this machine reaches a daemon bound to `host`."""
    if host in ("0.0.0.0", ""):  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host


def running() -> DaemonRecord | None:
    """The record of the daemon of this home, or None when none holds the lock."""
    try:
        descriptor = os.open(paths.pid_file(), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        return _record(os.pread(descriptor, 4096, 0)) if _is_locked(descriptor) else None
    finally:
        os.close(descriptor)


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _record(body: bytes) -> DaemonRecord | None:
    try:
        found = json.loads(body)
        return DaemonRecord(
            int(found["pid"]), str(found["host"]), int(found["port"]), str(found["version"]), float(found["started_at"])
        )
    except (ValueError, KeyError, TypeError):
        return None


def base_url() -> str:
    """Address of the running daemon, else the one it would get from the configuration."""
    record = running()
    if record is not None:
        return record.base_url
    settings = config.load("omar", API_SETTINGS)
    return f"http://{url_host(settings.text('api.host'))}:{settings.integer('api.port')}"


def health(record: DaemonRecord, seconds: float = HEALTH_SECONDS) -> dict[str, Any] | None:
    """The daemon's GET /api/health, or None when it does not answer in time. Spares the 100 ms of httpx."""
    connection = http.client.HTTPConnection(url_host(record.host).strip("[]"), record.port, timeout=seconds)
    try:
        connection.request("GET", "/api/health")
        answer = connection.getresponse()
        body = json.loads(answer.read())
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return body if answer.status == 200 and isinstance(body, dict) else None


def ensure_running() -> str:
    """Base URL of the daemon; starts it with `omar up` when none runs or it is of another version."""
    from shared import __version__

    record = running()
    if record is None or record.version != __version__:
        _start()
        record = running()
    if record is None:
        raise UnavailableError("The local daemon did not start.", hint="See `omar logs` for the reason.")
    return record.base_url


def _start() -> None:
    started = subprocess.run(
        [sys.executable, "-P", "-m", "omar_daemon", "up", "--quiet"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    if started.returncode == 0:
        return
    first, *rest = started.stderr.strip().splitlines() or [f"`omar up` left with status {started.returncode}."]
    kind = ConfigError if started.returncode == ConfigError.exit_code else UnavailableError
    hint = " ".join(line.strip() for line in rest) or None
    raise kind(f"The local daemon did not start: {first.removeprefix('omar: ')}", hint=hint)


def owner_key() -> str:
    """The key of this machine's user, made by the daemon at its first start; NotAuthorisedError without it."""
    try:
        return paths.owner_key_file().read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise NotAuthorisedError(
            "The daemon's owner key is not there yet.", hint="Start the daemon once with `omar up`."
        ) from None
    except OSError as error:
        raise NotAuthorisedError(f"{paths.owner_key_file()} cannot be read: {error.strerror}.") from error


def mint_key(name: str, scopes: list[str], user: str = "local") -> str:
    """A new key `oma_…` of the running daemon for `user`, good for `scopes` only."""
    from shared import __version__
    from shared.http import Client, raise_for

    with Client(ensure_running(), user_agent=f"oma-suite/{__version__}", token=owner_key()) as client:
        answer = client.request("POST", "/api/keys", json={"name": name, "scopes": scopes, "user": user})
    raise_for(answer, "Making a key")
    key = answer.json().get("key")
    if not isinstance(key, str):
        raise OmaError("The daemon's answer holds no key.")
    return key
