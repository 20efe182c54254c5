"""Running one program to its end, its time-out or its interruption, and then killing everything it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from omar_daemon.harness.sandbox.watch import Watched, watch

MARK = "OMA_TOOL_RUN"
"""In the environment of every tool: by it the descendants of a tool are found wherever they went."""
KEPT_BYTES = 512 * 1024
_PIECE = 64 * 1024
_GRACE_SECONDS = 0.5
_KILLING_SECONDS = 5.0
"""For how long new children of a program that forks without end are killed."""
_DYING_SECONDS = 0.002

running = 0
"""How many tools run just now; changed on the event loop only."""


@dataclass(frozen=True)
class Finished:
    """How a program ended. `output` is stdout and stderr as they came, at most `keep` bytes.

    `ended_because` tells which bound of the machine it was ended at, when it was.
    """

    status: int
    output: bytes
    timed_out: bool = False
    cut: bool = False
    ended_because: str = ""


async def run(
    line: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    seconds: float,
    stdin: bytes | None = None,
    keep: int = KEPT_BYTES,
    leaves_orphans: bool = True,
) -> Finished:
    """Run `line` in its own process group. When this is cancelled the program and its children are killed first.

    `leaves_orphans` is false where the line makes a PID namespace.
    """
    global running
    running += 1
    try:
        mark = f"{os.getpid()}-{secrets.token_hex(8)}"
        with watch.over(f"{MARK}={mark}", leaves_orphans=leaves_orphans) as watched:
            return await _run(watched, line, folder, {**environment, MARK: mark}, seconds, stdin, keep)
    finally:
        running -= 1


async def _run(
    watched: Watched,
    line: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    seconds: float,
    stdin: bytes | None,
    keep: int,
) -> Finished:
    # A pipe of our own: asyncio's would make `wait` last as long as any child holds it open.
    readable, writable = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *line,
            stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
            stdout=writable,
            stderr=writable,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        watched.pid = process.pid
    except BaseException:
        os.close(readable)
        raise
    finally:
        os.close(writable)
    said = _Said(keep)
    feeder = asyncio.create_task(_feed(process, stdin))
    drained = asyncio.create_task(said.drain(readable))
    try:
        timed_out = not await _ended(process, seconds)
        if not timed_out:
            # A child that went to the background may hold the pipe open for ever.
            await asyncio.wait({drained}, timeout=_GRACE_SECONDS)
    finally:
        # Also those that left the group and threw the mark away, as far as the watch has seen them.
        watched.kill()
        # In the hands of a thread before anything is awaited: a second cancellation stops no killing.
        await asyncio.shield(_killing(process.pid, environment[MARK]))
        feeder.cancel()
        await _ended(process, _GRACE_SECONDS)
        await asyncio.wait({drained}, timeout=_GRACE_SECONDS)
        drained.cancel()
    status = -signal.SIGKILL if process.returncode is None else process.returncode
    return Finished(status, bytes(said.kept), timed_out, said.cut, watched.ended_because)


async def _ended(process: asyncio.subprocess.Process, seconds: float) -> bool:
    try:
        await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        return False
    return True


class _Said:
    """The first bytes of what a program said; the rest is read and dropped so that the program goes on."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.kept = bytearray()
        self.cut = False

    async def drain(self, readable: int) -> None:
        source = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(source)
        pipe = os.fdopen(readable, "rb", 0)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, pipe)
        try:
            await self._read(source)
        finally:
            transport.close()

    async def _read(self, source: asyncio.StreamReader) -> None:
        while piece := await source.read(_PIECE):
            room = self._most - len(self.kept)
            self.kept += piece[:room]
            self.cut = self.cut or len(piece) > room


async def _feed(process: asyncio.subprocess.Process, stdin: bytes | None) -> None:
    if stdin is None or process.stdin is None:
        return
    with contextlib.suppress(ConnectionError):
        process.stdin.write(stdin)
        await process.stdin.drain()
        process.stdin.close()


def _killing(group: int, mark: str) -> asyncio.Future[None]:
    """SIGKILL the process group now and, in a thread, every process that carries the mark."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    loop = asyncio.get_running_loop()
    try:
        return loop.run_in_executor(None, kill_marked, mark)
    except RuntimeError:
        # No thread can be started: the machine is full of what is to be killed.
        kill_marked(mark)
        done = loop.create_future()
        done.set_result(None)
        return done


def kill_marked(mark: str) -> None:
    """SIGKILL every process that carries the mark; what is born meanwhile is caught too."""
    deadline = time.monotonic() + _KILLING_SECONDS
    while time.monotonic() < deadline:
        found = marked(mark)
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return
        time.sleep(_DYING_SECONDS)


def marked(mark: str) -> list[int]:
    """Living processes with this mark in the environment they were started with (Linux; elsewhere none)."""
    needle = f"{MARK}={mark}".encode()
    found = []
    for entry in _process_folders():
        try:
            if needle in (entry / "environ").read_bytes() and b"\nState:\tZ" not in (entry / "status").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def _process_folders() -> list[Path]:
    proc = Path("/proc")
    if not proc.is_dir():
        return []
    return [entry for entry in proc.iterdir() if entry.name.isdigit()]
