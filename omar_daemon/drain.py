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


def is_due(database: Path, now: float) -> bool:
    """Whether an event waits whose time has come and nothing holds it back. False for a store that cannot be read."""
    if not database.exists():
        return False
    wanted = (
        "WITH due AS (SELECT DISTINCT CASE destination WHEN '' THEN '' ELSE ' ' || repository || ' ' || destination END"
        " AS route FROM outbox WHERE parked = 0 AND next_attempt_at <= :now)"
        " SELECT EXISTS (SELECT 1 FROM due WHERE NOT EXISTS (SELECT 1 FROM state WHERE name = 'pause' || route"
        " OR (name = 'quiet_until' || route AND CAST(value AS REAL) > :now)))"
    )
    try:
        with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=1.0)) as connection:
            return bool(connection.execute(wanted, {"now": now}).fetchone()[0])
    except sqlite3.Error as error:
        # A store of an older version is brought up to date by the process that is started.
        return "no such column" in str(error)


class Drain:
    """Looks every `look` seconds; after a run that left something due, it waits twice as long as the last time."""

    def __init__(self, command: Sequence[str] = SYNC, *, look: float = LOOK_SECONDS) -> None:
        self._command = command
        self._look = look
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """Until cancelled."""
        wait = self._look
        try:
            while True:
                await asyncio.sleep(wait)
                if not await self._due():
                    wait = self._look
                    continue
                await self._send()
                wait = min(wait * 2, LONGEST_WAIT_SECONDS) if await self._due() else self._look
        finally:
            await self._end()

    async def _due(self) -> bool:
        return await asyncio.to_thread(is_due, paths.oobo_database(), time.time())

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
