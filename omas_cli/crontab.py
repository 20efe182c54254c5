"""The user's crontab, in which `omas` owns one marked line and touches no other byte."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

from shared import paths
from shared.errors import OmaError

MARK = "# oma-suite: omas schedule"
SECONDS = 20
# Variables that say where things are; cron starts with none of them.
PASSED_ON = ("OMA_HOME", "OMAS_HOME", "OMAR_HOME", "OMAS_API_URL", "OMAR_PORT")


def is_there() -> bool:
    return shutil.which("crontab") is not None


def line() -> str:
    """The entry: hourly, at a minute of the user's own so that not all users come at once."""
    minute = zlib.crc32(str(paths.tool_home("omas")).encode()) % 60
    variables = [f"{name}={shlex.quote(value)}" for name in PASSED_ON if (value := os.environ.get(name))]
    words = [*variables, *map(shlex.quote, command())]
    # cron takes a bare percent sign for a line end.
    return f"{minute} * * * * {' '.join(words)}".replace("%", r"\%") + f" {MARK}"


def command() -> list[str]:
    """What is run. `-P`: nothing in the working directory is imported."""
    return [str(Path(sys.executable)), "-P", "-m", "omas_cli", "upload", "--retry-only", "--quiet"]


def read() -> bytes:
    """The crontab as it stands, b"" when there is none."""
    done = subprocess.run(["crontab", "-l"], capture_output=True, timeout=SECONDS, check=False)
    if done.returncode == 0:
        return done.stdout
    said = done.stderr.decode("utf-8", "replace").strip()
    if "no crontab" in said.lower():
        return b""
    raise OmaError(f"The crontab cannot be read: {said or f'crontab -l left with {done.returncode}'}.")


def write(body: bytes) -> None:
    """Replace the crontab; an empty one is removed."""
    words = ["crontab", "-"] if body else ["crontab", "-r"]
    done = subprocess.run(words, input=body, capture_output=True, timeout=SECONDS, check=False)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise OmaError(f"The crontab cannot be written: {said or f'crontab left with {done.returncode}'}.")


def with_line(body: bytes, entry: str) -> bytes:
    """The crontab with the entry once, at its end."""
    rest = without_line(body)
    end = b"" if not rest or rest.endswith(b"\n") else b"\n"
    return rest + end + entry.encode("utf-8", "surrogateescape") + b"\n"


def without_line(body: bytes) -> bytes:
    return b"".join(found for found in body.splitlines(keepends=True) if not _is_ours(found))


def installed(body: bytes) -> str | None:
    """The entry that stands there, None without one."""
    ours = [found for found in body.splitlines() if _is_ours(found)]
    return ours[0].decode("utf-8", "replace") if ours else None


def _is_ours(found: bytes) -> bool:
    return found.rstrip().endswith(MARK.encode())
