"""The events in memory and in the store: each change is on the disk before it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from omar_daemon.events.listing import due_order
from omar_daemon.store import events as room
from omar_daemon.store.engine import Store
from omar_daemon.store.events import EventRecord

Change = Callable[[Connection], None]


class Ledger:
    """Events by id, and the waiting ones by receiver. Changes that come together share one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._events: dict[str, EventRecord] = {}
        self._waiting: dict[str, dict[str, EventRecord]] = {}
        self._queue: list[tuple[Change, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def load(self) -> None:
        for record in await asyncio.to_thread(self._load):
            self._remember(record)

    def find(self, identifier: str) -> EventRecord | None:
        return self._events.get(identifier)

    def all(self) -> list[EventRecord]:
        """Every event that is kept, in the order in which they are due."""
        return sorted(self._events.values(), key=due_order)

    def receivers(self) -> list[str]:
        """Who has events waiting."""
        return list(self._waiting)

    def waiting_for(self, receiver: str) -> list[EventRecord]:
        """The events of one receiver that are still to be delivered, in their order."""
        return sorted(self._waiting.get(receiver, {}).values(), key=due_order)

    def next_due(self, *, without: Iterable[str]) -> int | None:
        """When the next event is due, of receivers that are not `without`."""
        left_out = set(without)
        times = [
            record.timestamp
            for receiver, records in self._waiting.items()
            if receiver not in left_out
            for record in records.values()
        ]
        return min(times, default=None)

    async def add(self, record: EventRecord) -> None:
        """Keep a new event; it may be delivered only when it is on the disk."""
        await self._commit(lambda connection: room.insert(connection, record))
        self._remember(record)

    async def change(self, changes: list[tuple[EventRecord, dict[str, Any]]]) -> list[EventRecord]:
        """Change columns of several events in one transaction; those that are gone by then stay gone."""

        def write(connection: Connection) -> None:
            for record, values in changes:
                room.update(connection, [record.id], values)

        await self._commit(write)
        changed = [
            replace(self._events[record.id], **values) for record, values in changes if record.id in self._events
        ]
        for record in changed:
            self._remember(record)
        return changed

    async def remove(self, records: list[EventRecord]) -> None:
        """Forget events: at once in memory, so that none is delivered any more."""
        for record in records:
            self._events.pop(record.id, None)
            self._drop_waiting(record)
        await self._commit(lambda connection: room.remove(connection, [record.id for record in records]))

    async def close(self) -> None:
        """Wait for what is being written."""
        if self._writer is not None:
            await asyncio.gather(self._writer, return_exceptions=True)

    def _remember(self, record: EventRecord) -> None:
        self._events[record.id] = record
        if record.stage == "waiting":
            self._waiting.setdefault(record.receiver, {})[record.id] = record
        else:
            self._drop_waiting(record)

    def _drop_waiting(self, record: EventRecord) -> None:
        records = self._waiting.get(record.receiver, {})
        records.pop(record.id, None)
        if not records:
            self._waiting.pop(record.receiver, None)

    async def _commit(self, change: Change) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((change, future))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._drain())
        await asyncio.shield(future)

    async def _drain(self) -> None:
        while self._queue:
            taken, self._queue = self._queue, []
            outcomes = await asyncio.to_thread(self._write_all, [change for change, _ in taken])
            for (_, future), problem in zip(taken, outcomes, strict=True):
                if future.done():
                    continue
                if problem is None:
                    future.set_result(None)
                else:
                    future.set_exception(problem)

    def _write_all(self, changes: list[Change]) -> list[Exception | None]:
        """All in one transaction; when that fails, each in its own, so that one does not fail the others."""
        try:
            self._write(changes)
        except Exception as error:
            if len(changes) == 1:
                return [error]
            return [problem for change in changes for problem in self._write_all([change])]
        return [None] * len(changes)

    def _write(self, changes: list[Change]) -> None:
        with self._store.write() as connection:
            for change in changes:
                change(connection)

    def _load(self) -> list[EventRecord]:
        with self._store.read() as connection:
            return room.load_all(connection)
