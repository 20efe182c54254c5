"""Many waiting writes in one transaction: while one is on its way to the disk, the next ones gather.

The disk's sync is what a write costs; requests that come at once share it. Nobody waits for others to come: a lone
write is carried out at once. Each caller has his answer only when his write is on the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from sqlalchemy import Connection

from omar_daemon.store.engine import Store

Item = TypeVar("Item")
Result = TypeVar("Result")
LARGEST = 256


class Batches(Generic[Item, Result]):
    """Writes of one kind. `work` carries out a list of items in one transaction and returns a result for each.

    When a batch fails, each of its items is carried out alone, so that only the guilty one's caller sees the error.
    Belongs to one event loop; `work` runs in a thread.
    """

    def __init__(self, store: Store, work: Callable[[Connection, Sequence[Item]], Sequence[Result]]) -> None:
        self._store = store
        self._work = work
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._runner: asyncio.Task[None] | None = None
        # One at a time anyway, and a thread of its own is half the way of one from Starlette's pool.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batches")

    @property
    def waiting(self) -> int:
        """How many items are not on their way to the disk yet."""
        return len(self._waiting)

    async def put(self, item: Item) -> Result:
        """Have the item written; returns its result, or raises what `work` raised for it."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._runner is None:
            self._runner = asyncio.create_task(self._run())
        # A caller that goes away cancels only his own future; his write goes on with the others'.
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:LARGEST], self._waiting[LARGEST:]
                items = [item for item, _ in batch]
                answers = await asyncio.get_running_loop().run_in_executor(self._thread, self._commit, items)
                for (_, future), answer in zip(batch, answers, strict=True):
                    _settle(future, answer)
        finally:
            self._runner = None

    def _commit(self, items: Sequence[Item]) -> Sequence[Result | Exception]:
        try:
            return self._together(items)
        except Exception as error:
            if len(items) == 1:
                return [error]
        return [answer for item in items for answer in self._commit([item])]

    def _together(self, items: Sequence[Item]) -> Sequence[Result]:
        with self._store.write() as connection:
            return self._work(connection, items)


def _settle(future: asyncio.Future[Result], answer: Result | Exception) -> None:
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
