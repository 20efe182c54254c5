"""One session's sandbox: prepared once, then every tool call runs in it and dies with it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from omar_daemon.harness.sandbox.isolation import Isolation, isolation
from omar_daemon.harness.sandbox.launch import Mount, command_line
from omar_daemon.harness.sandbox.layout import PLACES, Layout
from omar_daemon.harness.sandbox.process import KEPT_BYTES, Finished, run

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Sandbox:
    """Where tools run. `network` off means no network at all; `variables` come from vaults and resources."""

    layout: Layout
    network: bool = True
    variables: Mapping[str, str] = field(default_factory=dict)
    mounts: Sequence[Mount] = ()
    kind: Isolation | None = None
    _ready: bool = False
    _preparing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ready(self) -> None:
        """Make the directories and find out what isolation this machine has."""
        async with self._preparing:
            if self._ready:
                return
            await run_in_threadpool(self.layout.prepare)
            if self.kind is None:
                self.kind = await run_in_threadpool(isolation)
            self._ready = True

    @property
    def isolated(self) -> bool:
        return self.kind != "none"

    def place(self, inside: str) -> str:
        """The path of a session's place as a program in the sandbox writes it."""
        return inside if self.isolated else str(self.layout.host_path(inside))

    async def run(
        self, arguments: Sequence[str], *, seconds: float, stdin: bytes | None = None, keep: int = KEPT_BYTES
    ) -> Finished:
        """Run a program in /workspace; killed with all its children at time-out and when this is cancelled."""
        await self.ready()
        kind = self.kind or "none"
        line = command_line(kind, self.layout, arguments, network=self.network, mounts=self.mounts)
        folder = Path("/") if self.isolated else self.layout.root / "workspace"
        return await run(
            line,
            folder=folder,
            environment=self._environment(),
            seconds=seconds,
            stdin=stdin,
            keep=keep,
            leaves_orphans=not self.isolated,
        )

    def _environment(self) -> dict[str, str]:
        """Nothing of the daemon's own environment: its variables are no business of an agent."""
        return {
            "PATH": _PATH,
            "HOME": self.place(PLACES["home"]),
            "TMPDIR": self.place(PLACES["tmp"]),
            "USER": "user",
            "LOGNAME": "user",
            "SHELL": "/bin/bash",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "PAGER": "cat",
            "GIT_TERMINAL_PROMPT": "0",
            "OMA_OUTPUTS_DIR": self.place(PLACES["outputs"]),
            "OMA_MEMORY_DIR": self.place(PLACES["memory"]),
            **self.variables,
        }
