"""The only way into a session's log: one transaction, then its events go to the live streams, in log order."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection

from omar_daemon.harness.broker import Broker
from omar_daemon.harness.frames import Frame, stored_frame
from omar_daemon.store.engine import Store
from omar_daemon.store.managed import events
from omar_daemon.store.managed.events import StoredEvent

Entry = StoredEvent | Frame
Work = Callable[[Connection], Sequence[Entry]]


class Journal:
    """Writes logs. What was committed is published even when the writer is cancelled meanwhile."""

    def __init__(self, store: Store, broker: Broker) -> None:
        self.store = store
        self._broker = broker
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()
        # One writer at a time anyway, and a thread of its own is reached faster than one of the shared pool.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._running: set[asyncio.Task[Any]] = set()

    async def commit(self, session_id: str, work: Work) -> Sequence[Entry]:
        """Run `work` in a transaction; the events and frames it returns are published in that order."""
        task = asyncio.create_task(self._commit(session_id, work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def append(self, session_id: str, *values: Mapping[str, Any]) -> list[StoredEvent]:
        """Put events at the end of the log."""
        entries = await self.commit(session_id, lambda connection: events.append(connection, session_id, values))
        return [entry for entry in entries if isinstance(entry, StoredEvent)]

    async def show(self, session_id: str, *frames: Frame) -> None:
        """Frames for live streams only, in order with what is stored."""
        async with self._lock(session_id):
            self._broker.publish(session_id, frames)

    async def settle(self) -> None:
        """Wait until nothing is being written."""
        while self._running:
            await asyncio.wait(set(self._running))

    async def _commit(self, session_id: str, work: Work) -> Sequence[Entry]:
        async with self._lock(session_id):
            entries = await asyncio.get_running_loop().run_in_executor(self._writer, self._run, work)
            self._broker.publish(session_id, [_frame(entry) for entry in entries])
        return entries

    def _run(self, work: Work) -> Sequence[Entry]:
        with self.store.write() as connection:
            return work(connection)

    def _lock(self, session_id: str) -> asyncio.Lock:
        lock = self._locks.get(session_id)
        if lock is None:
            lock = asyncio.Lock()
            self._locks[session_id] = lock
        return lock


def _frame(entry: Entry) -> Frame:
    return stored_frame(entry) if isinstance(entry, StoredEvent) else entry
