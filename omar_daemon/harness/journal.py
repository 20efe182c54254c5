"""The only way into a session's log: one transaction, then its events go to the live streams, in log order.

One thread writes. What comes while it waits for the disk shares the next transaction: the disk's sync is what a write
costs, and many sessions at once then cost little more than one. A lone write waits for nobody.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from omar_daemon.harness.broker import Broker
from omar_daemon.harness.frames import Frame, stored_frame
from omar_daemon.store.engine import Store
from omar_daemon.store.managed import events
from omar_daemon.store.managed.events import StoredEvent

Entry = StoredEvent | Frame
Work = Callable[[Connection], Sequence[Entry]]
LARGEST = 64
"""Writes in one transaction at most."""


@dataclass(frozen=True, eq=False)
class _Order:
    """Something to write and then to publish; without `work`, only to publish in its turn."""

    session_id: str
    work: Work | None
    frames: Sequence[Frame]
    done: asyncio.Future[Sequence[Entry]]


class Journal:
    """Writes logs. What was committed is published even when the writer is cancelled meanwhile."""

    def __init__(self, store: Store, broker: Broker) -> None:
        self.store = store
        self._broker = broker
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._open: Counter[str] = Counter()
        """How many orders of a session are not published yet."""
        self._settled = asyncio.Event()
        self._thread: threading.Thread | None = None

    async def commit(self, session_id: str, work: Work) -> Sequence[Entry]:
        """Run `work` in a transaction; the events and frames it returns are published in that order."""
        return await self._order(session_id, work)

    async def append(self, session_id: str, *values: Mapping[str, Any]) -> list[StoredEvent]:
        """Put events at the end of the log."""
        entries = await self.commit(session_id, lambda connection: events.append(connection, session_id, values))
        return [entry for entry in entries if isinstance(entry, StoredEvent)]

    async def show(self, session_id: str, *frames: Frame) -> None:
        """Frames for live streams only, in order with what is stored."""
        if session_id in self._open:
            await self._order(session_id, None, frames)
        else:
            self._broker.publish(session_id, frames)

    async def settle(self) -> None:
        """Wait until nothing is being written; the thread ends."""
        while self._open:
            self._settled.clear()
            await self._settled.wait()
        if self._thread is not None:
            self._orders.put(None)
            self._thread = None

    def _order(
        self, session_id: str, work: Work | None, frames: Sequence[Frame] = ()
    ) -> asyncio.Future[Sequence[Entry]]:
        if self._thread is None:
            self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
            self._thread.start()
        order = _Order(session_id, work, frames, asyncio.get_running_loop().create_future())
        self._open[session_id] += 1
        self._orders.put(order)
        return order.done

    # On the thread

    def _write(self) -> None:
        while (first := self._orders.get()) is not None:
            batch = [first, *self._waiting()]
            outcomes = self._carried_out(batch)
            try:
                first.done.get_loop().call_soon_threadsafe(self._publish, batch, outcomes)
            except RuntimeError:
                # The loop is closed: nobody waits or listens any more.
                continue

    def _waiting(self) -> list[_Order]:
        found: list[_Order] = []
        while len(found) < LARGEST:
            try:
                order = self._orders.get_nowait()
            except Empty:
                break
            if order is None:
                self._orders.put(None)
                break
            found.append(order)
        return found

    def _carried_out(self, batch: Sequence[_Order]) -> Sequence[Sequence[Entry] | BaseException]:
        """For each order what it returned or raised. When the transaction as a whole fails, all of them failed."""
        writes = sum(order.work is not None for order in batch)
        if writes == 0:
            return [order.frames for order in batch]
        try:
            with self.store.write() as connection:
                return [_outcome(connection, order, shared=writes > 1) for order in batch]
        except BaseException as error:
            return [order.frames if order.work is None else error for order in batch]

    # On the event loop

    def _publish(self, batch: Sequence[_Order], outcomes: Sequence[Sequence[Entry] | BaseException]) -> None:
        for order, outcome in zip(batch, outcomes, strict=True):
            if not isinstance(outcome, BaseException):
                self._broker.publish(order.session_id, [_frame(entry) for entry in outcome])
            self._open[order.session_id] -= 1
            if not self._open[order.session_id]:
                del self._open[order.session_id]
            _answer(order.done, outcome)
        if not self._open:
            self._settled.set()


def _outcome(connection: Connection, order: _Order, *, shared: bool) -> Sequence[Entry] | BaseException:
    if order.work is None:
        return order.frames
    if not shared:
        return order.work(connection)
    try:
        with connection.begin_nested():
            return order.work(connection)
    except IntegrityError as error:
        return error
    except DBAPIError:
        # A full disk and the like may have ended the whole transaction.
        raise
    except Exception as error:
        return error


def _answer(done: asyncio.Future[Sequence[Entry]], outcome: Sequence[Entry] | BaseException) -> None:
    if done.done():
        return
    if isinstance(outcome, BaseException):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)


def _frame(entry: Entry) -> Frame:
    return stored_frame(entry) if isinstance(entry, StoredEvent) else entry
