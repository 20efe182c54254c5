"""Tools of a daemon that died: found by the mark in their environment, and killed."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from pathlib import Path

from omar_daemon.harness.sandbox.process import MARK
from shared import paths

_MARK = re.compile(rb"(?:^|\0)" + MARK.encode() + rb"=([0-9]+)-[0-9a-f]+\0")


def kill_tools() -> int:
    """Kill every marked process of this home whose daemon is gone or is this one's predecessor; returns how many.

    Linux only: elsewhere there is no other program's environment to read, and tools end with their namespaces.
    """
    home = str(paths.tool_home("omar") / "sandboxes").encode()
    killed = 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes()
            found = _MARK.search(environment)
            if found is None or int(found[1]) == os.getpid() or not _is_of_home(entry, environment, home):
                continue
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(entry.name), signal.SIGKILL)
                killed += 1
        except OSError:
            continue
    return killed


def _is_of_home(entry: Path, environment: bytes, home: bytes) -> bool:
    """Whether a tool belongs to this home: two suites on one machine must not end each other's."""
    return home in environment or home in (entry / "cmdline").read_bytes()
