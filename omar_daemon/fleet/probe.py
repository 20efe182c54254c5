"""Which backends are installed: `<program> --version`, all at once, at most 2 s, remembered for a minute."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import time
from collections.abc import Mapping
from typing import Any

from omar_daemon.fleet import environment
from omar_daemon.fleet.backends import Backend, Registry, first_program

PROBE_SECONDS = 2.0
CACHE_SECONDS = 60.0


class Probe:
    """Answers for one registry. Callers at the same time share one round of probes."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._lock = asyncio.Lock()
        self._answer: list[dict[str, Any]] = []
        self._asked = float("-inf")

    async def backends(self) -> list[dict[str, Any]]:
        """`[{name, command, available}]` in the registry's order."""
        async with self._lock:
            if time.monotonic() - self._asked > CACHE_SECONDS:
                known = self._registry.all()
                found = await asyncio.gather(*(is_available(backend) for backend in known))
                self._answer = [
                    {"name": backend.name, "command": backend.command, "available": available}
                    for backend, available in zip(known, found, strict=True)
                ]
                self._asked = time.monotonic()
            return [dict(entry) for entry in self._answer]


async def is_available(backend: Backend) -> bool:
    """Whether the backend's program answers `--version` with success in time."""
    variables = environment.agent_environment({})
    program = first_program(backend.command)
    path = shutil.which(program, path=variables.get("PATH")) if program else None
    return path is not None and await _answers(path, variables)


async def _answers(path: str, variables: Mapping[str, str]) -> bool:
    quiet = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            path, "--version", stdin=quiet, stdout=quiet, stderr=quiet, env=dict(variables), start_new_session=True
        )
    except OSError:
        return False
    try:
        return await asyncio.wait_for(process.wait(), PROBE_SECONDS) == 0
    except TimeoutError:
        return False
    finally:
        # Its children too: a wrapper script would leave the program it waits for.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
