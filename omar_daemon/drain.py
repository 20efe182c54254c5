"""The daemon sends what waits in the outbox of oobo while it runs; a process is started only when something is due.

The work itself is `oobo sync --due --quiet` in a process of its own, which keeps to the outbox's rules (one sender at a
time, pauses, back-off). Here is only known where the outbox lies and when its next item is due.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from shared import paths

LOOK_SECONDS = 20.0
LONGEST_WAIT_SECONDS = 900.0
LIMIT_SECONDS = 600.0
SYNC = (sys.executable, "-P", "-m", "oobo_hooks", "sync", "--due", "--quiet")

log = logging.getLogger("omar.drain")


_DUE = (
    "WITH due AS (SELECT DISTINCT CASE destination WHEN '' THEN '' ELSE ' ' || repository || ' ' || destination END"
    " AS route FROM outbox WHERE parked = 0 AND next_attempt_at <= :now)"
    " SELECT EXISTS (SELECT 1 FROM due WHERE NOT EXISTS (SELECT 1 FROM state WHERE name = 'pause' || route"
    " OR (name IN ('quiet_until' || route, 'held' || route) AND CAST(value AS REAL) > :now)))"
)
_WAITING = "SELECT EXISTS (SELECT 1 FROM outbox WHERE parked = 0 AND next_attempt_at <= :now)"


def is_due(database: Path, now: float, *, whatever_holds: bool = False) -> bool:
    """Whether an event waits whose time has come and nothing holds it back. False for a store that cannot be read.

    `whatever_holds`: a pause or a missing key counts for nothing, because the settings are others by now.
    """
    if not database.exists():
        return False
    wanted = _WAITING if whatever_holds else _DUE
    try:
        with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=1.0)) as connection:
            return bool(connection.execute(wanted, {"now": now}).fetchone()[0])
    except sqlite3.Error as error:
        # A store of an older version is brought up to date by the process that is started.
        return "no such column" in str(error)


def _settings() -> tuple[int, ...]:
    """When the settings and keys of oobo were last written."""
    return tuple(_written_at(file) for file in (paths.config_file("oobo"), paths.credentials_file("oobo")))


def _written_at(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


class Drain:
    """Looks every `look` seconds; after a run that left something due, it waits twice as long as the last time.

    A login or another setting ends that wait: what had no key goes out at the next look.
    """

    def __init__(self, command: Sequence[str] = SYNC, *, look: float = LOOK_SECONDS) -> None:
        self._command = command
        self._look = look
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """Until cancelled."""
        wait, not_before, seen = self._look, 0.0, _settings()
        try:
            while True:
                await asyncio.sleep(self._look)
                are_new = seen != (seen := _settings())
                if not are_new and time.monotonic() < not_before:
                    continue
                if await self._due(whatever_holds=are_new):
                    await self._send()
                is_left = await self._due()
                wait = min(wait * 2, LONGEST_WAIT_SECONDS) if is_left and not are_new else self._look
                not_before = time.monotonic() + wait if is_left else 0.0
        finally:
            await self._end()

    async def _due(self, *, whatever_holds: bool = False) -> bool:
        return await asyncio.to_thread(is_due, paths.oobo_database(), time.time(), whatever_holds=whatever_holds)

    async def _send(self) -> None:
        nowhere = asyncio.subprocess.DEVNULL
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=nowhere, stdout=nowhere, stderr=nowhere, cwd="/"
            )
            status = await asyncio.wait_for(self._process.wait(), LIMIT_SECONDS)
        except TimeoutError:
            log.warning("sending oobo's outbox took more than %d s and was ended", LIMIT_SECONDS)
        except OSError as error:
            log.warning("oobo's outbox cannot be sent: %s", error)
        else:
            log.info("oobo's outbox was sent, exit %d", status)
        await self._end()

    async def _end(self) -> None:
        """End a process that still runs: what it has not sent is still in the outbox."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


@contextlib.asynccontextmanager
async def draining(drain: Drain | None = None) -> AsyncIterator[None]:
    """Drain the outbox for as long as the block runs."""
    task = asyncio.create_task((drain or Drain()).run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
