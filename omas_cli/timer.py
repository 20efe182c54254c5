"""A systemd user timer for machines without cron."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from omas_cli import crontab
from shared import durable, paths
from shared.errors import OmaError

NAME = "omas-upload"
SECONDS = 20


def is_there() -> bool:
    """Whether a systemd of the user runs here."""
    return shutil.which("systemctl") is not None and _systemctl("show-environment").returncode == 0


def files() -> dict[Path, str]:
    """Unit file → its content."""
    folder = paths.systemd_user_dir()
    # systemd puts variables into a command line, but not into the value of another variable.
    words = " ".join(_quoted(word).replace("$", "$$") for word in crontab.command())
    variables = "".join(
        f"Environment={_quoted(f'{name}={os.environ[name]}')}\n" for name in crontab.PASSED_ON if os.environ.get(name)
    )
    service = (
        f"[Unit]\nDescription=Retry queued uploads of omas\n\n[Service]\nType=oneshot\n{variables}ExecStart={words}\n"
    )
    timer = (
        "[Unit]\nDescription=Retry queued uploads of omas every hour\n\n[Timer]\nOnCalendar=hourly\n"
        "RandomizedDelaySec=30min\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n"
    )
    return {folder / f"{NAME}.service": service, folder / f"{NAME}.timer": timer}


def install() -> None:
    for path, body in files().items():
        durable.write_atomic(path, body)
    _checked("daemon-reload")
    _checked("enable", "--now", f"{NAME}.timer")


def remove() -> None:
    _systemctl("disable", "--now", f"{NAME}.timer")
    for path in files():
        path.unlink(missing_ok=True)
    _systemctl("daemon-reload")


def is_installed() -> bool:
    return all(path.exists() for path in files())


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _systemctl(*words: str) -> subprocess.CompletedProcess[str]:
    command = ["systemctl", "--user", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


def _checked(*words: str) -> None:
    done = _systemctl(*words)
    if done.returncode:
        raise OmaError(f"systemctl --user {words[0]} failed: {done.stderr.strip()}.")
