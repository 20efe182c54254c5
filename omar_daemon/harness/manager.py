"""The managed sessions of this daemon: the one object through which the surface reaches the harness."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from omar_daemon.harness.actor import Actor
from omar_daemon.harness.broker import Broker
from omar_daemon.harness.frames import Frame
from omar_daemon.harness.inbox import Received, cancelled_frame, receive
from omar_daemon.harness.journal import Entry, Journal
from omar_daemon.harness.repair import CRASHED, INTERRUPTED, close_turn
from omar_daemon.harness.sandbox import leftovers
from omar_daemon.harness.sandbox.layout import folder_of
from omar_daemon.store.engine import Store
from omar_daemon.store.managed import clock, events, sessions
from omar_daemon.store.managed import files as file_room
from omar_daemon.store.managed.documents import packed
from omar_daemon.store.managed.ids import new_id

log = logging.getLogger("omar.harness")


class Managed:
    """Starts with the daemon, repairs what the last one left, and ends within its drain."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.broker = Broker()
        self.journal = Journal(store, self.broker)
        self._actors: dict[str, Actor] = {}
        self._closing: set[str] = set()
        """Sessions that are being archived or deleted: nothing new begins in them."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = False

    async def start(self) -> None:
        """Repair sessions that were in a turn; serve messages that waited."""
        await run_in_threadpool(file_room.sweep)
        open_sessions, waiting = await run_in_threadpool(self._left_over)
        if open_sessions:
            await run_in_threadpool(leftovers.kill_tools)
        for session_id in open_sessions:
            await self._repair(session_id)
        for session_id in waiting:
            self.wake(session_id)

    async def _repair(self, session_id: str) -> None:
        await self.journal.commit(session_id, lambda connection: close_turn(connection, session_id, CRASHED))

    def _left_over(self) -> tuple[list[str], list[str]]:
        with self.store.read() as connection:
            broken = [session.id for session in sessions.unfinished(connection)]
            return broken, events.sessions_with_pending(connection)

    async def stop(self) -> None:
        """Close every running turn and every stream."""
        self._stopping = True
        actors = list(self._actors.values())
        await asyncio.gather(*[actor.stop() for actor in actors], return_exceptions=True)
        await self.journal.settle()
        self.broker.close()

    # What clients do

    async def send(self, session_id: str, values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Take a batch of events, all or none; returns them with their ids."""
        received: list[Received] = []

        def work(connection: Connection) -> Sequence[Entry]:
            received.append(receive(connection, session_id, values))
            return received[0].entries

        await self.journal.commit(session_id, work)
        self._act_on(session_id, received[0])
        return received[0].shown

    def _act_on(self, session_id: str, received: Received) -> None:
        if self._stopping or session_id in self._closing:
            return
        if received.interrupt_seq is not None:
            self._spawn(self._actor(session_id).interrupt(received.interrupt_seq))
        elif received.has_work:
            self.wake(session_id)

    def wake(self, session_id: str) -> None:
        """The session may have something to do."""
        if not self._stopping and session_id not in self._closing:
            self._actor(session_id).wake()

    def files_changed(self, session_id: str) -> None:
        """A file was added: the next turn places it; one that runs gets it now."""
        actor = self._actors.get(session_id)
        if actor is not None and actor.is_working:
            self._spawn(actor.refresh_files())

    async def archive(self, session_id: str) -> None:
        """Interrupt what runs, then the session is terminated."""
        async with self._stopped(session_id):
            await self.journal.commit(session_id, lambda connection: _terminate(connection, session_id))

    @contextlib.asynccontextmanager
    async def _stopped(self, session_id: str) -> AsyncIterator[None]:
        """What runs is interrupted; a message that comes within the block begins nothing before it is over."""
        self._closing.add(session_id)
        try:
            actor = self._actors.get(session_id)
            if actor is not None:
                await actor.stop(interrupted=True)
            yield
        except BaseException:
            self._closing.discard(session_id)
            self.wake(session_id)
            raise
        self._closing.discard(session_id)
        self._actors.pop(session_id, None)

    async def delete(self, session_id: str) -> bool:
        """Stop and forget a session: log, files, sandbox. False when there is none."""
        found: list[bool] = []
        blobs: list[str] = []

        def work(connection: Connection) -> Sequence[Entry]:
            blobs.extend(file.columns["sha256"] for file in file_room.of_session(connection, session_id))
            found.append(_forget(connection, session_id))
            gone = {"type": "session.deleted", "id": new_id("sevt"), "processed_at": clock.iso(clock.now())}
            return [Frame("session.deleted", packed(gone))] if found[0] else []

        async with self._stopped(session_id):
            await self.journal.commit(session_id, work)
        self.broker.close(session_id)
        await run_in_threadpool(shutil.rmtree, folder_of(session_id), True)
        await run_in_threadpool(self._drop_blobs, blobs)
        return found[0]

    def _drop_blobs(self, blobs: Sequence[str]) -> None:
        with file_room.changing, self.store.read() as connection:
            file_room.drop_unused(connection, blobs)

    def _actor(self, session_id: str) -> Actor:
        self._forget_idle()
        if session_id not in self._actors:
            self._actors[session_id] = Actor(self.journal, session_id)
        return self._actors[session_id]

    def _forget_idle(self) -> None:
        if len(self._actors) > 256:
            self._actors = {name: actor for name, actor in self._actors.items() if actor.is_working}

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _terminate(connection: Connection, session_id: str) -> Sequence[Entry]:
    session = sessions.sessions.get(connection, session_id, lock=True)
    if session is None or session.archived_at is not None:
        return []
    entries: list[Entry] = [*close_turn(connection, session_id, INTERRUPTED)]
    cancelled = events.settle(connection, events.pending(connection, session_id), "cancelled")
    entries += [cancelled_frame(row) for row in cancelled]
    entries += events.append(connection, session_id, [{"type": "session.status_terminated"}])
    sessions.set_status(connection, session_id, "terminated", turn={})
    session = sessions.sessions.get(connection, session_id) or session
    sessions.sessions.archive(connection, session)
    return entries


def _forget(connection: Connection, session_id: str) -> bool:
    file_room.files.delete(connection, file_room.files.table.c.session_id == session_id)
    events.delete_log(connection, session_id)
    return sessions.sessions.delete(connection, sessions.table.c.id == session_id) > 0
