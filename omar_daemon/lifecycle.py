"""Starting and stopping the detached daemon: twice is one, another version is replaced, a broken one is said."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from shared import __version__, durable, local_daemon, paths
from shared.errors import OmaError, UnavailableError
from shared.local_daemon import DaemonRecord

START_SECONDS = 15.0
STOP_SECONDS = 6.0
POLL_SECONDS = 0.01
TAIL_LINES = 5


@dataclass(frozen=True)
class Started:
    """The daemon that runs now; `fresh` when this call started it, `replaced` names the version it replaced."""

    record: DaemonRecord
    fresh: bool
    replaced: str | None = None


def up(*, port: int | None = None, host: str | None = None) -> Started:
    """Make sure that one daemon of this version runs and answers; returns it."""
    lock = paths.pid_file().with_name("start.lock")
    with durable.locked(lock, timeout=START_SECONDS * 2):
        record = local_daemon.running()
        replaced = None
        if record is not None and record.version != __version__:
            replaced = record.version
            down()
            record = None
        if record is not None:
            return Started(record, fresh=False)
        return Started(_start(port, host), fresh=True, replaced=replaced)


def _start(port: int | None, host: str | None) -> DaemonRecord:
    log = paths.daemon_log()
    durable.private_dir(log.parent)
    began = _size(log)
    arguments = [sys.executable, "-P", "-m", "omar_daemon.serve", "--log-file", str(log)]
    arguments += ["--port", str(port)] if port is not None else []
    arguments += ["--host", host] if host is not None else []
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise OmaError(f"Cannot write {log}: {error.strerror}.", hint="Check the permissions there.") from error
    with contextlib.closing(os.fdopen(descriptor, "wb")) as sink:
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, cwd="/", start_new_session=True
        )
    return _wait_until_healthy(process, began)


def _wait_until_healthy(process: subprocess.Popen[bytes], began: int) -> DaemonRecord:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        record = local_daemon.running()
        if process.poll() is not None and record is None:
            raise _failed(process.returncode, began)
        if record is not None and local_daemon.health(record) is not None:
            return record
        time.sleep(POLL_SECONDS)
    process.kill()
    raise UnavailableError(f"The daemon did not answer within {START_SECONDS:.0f} s.", hint="See `omar logs`.")


def _failed(code: int, began: int) -> OmaError:
    """What the daemon said before it left, with its own exit code."""
    said = _read_from(began)
    sentence = next((line.removeprefix("omar: ") for line in said if line.startswith("omar: ")), None)
    hint = next((line.strip() for line in said if line.startswith("  ")), "See `omar logs`.")
    error = OmaError(sentence or f"The daemon left at once with status {code}.", hint=hint)
    error.exit_code = code if sentence else 1
    return error


def _read_from(offset: int) -> list[str]:
    with contextlib.suppress(OSError), paths.daemon_log().open("rb") as log:
        log.seek(offset)
        return log.read().decode("utf-8", "replace").splitlines()
    return []


def down(record: DaemonRecord | None = None) -> bool:
    """Stop the daemon and wait until its lock is free; False when none ran.

    Agents live on in tmux. A daemon that does not drain in time is killed; its state survives that.
    """
    record = record or local_daemon.running()
    if record is None:
        return False
    for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 2.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(record.pid, number)
        if _gone(seconds):
            return True
    raise OmaError(f"The daemon (pid {record.pid}) cannot be stopped.")


def _gone(seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if local_daemon.running() is None:
            return True
        time.sleep(POLL_SECONDS)
    return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
