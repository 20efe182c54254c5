"""tmux for coroutines: what is asked at the same time travels in one batch, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from omar_daemon.fleet.connection import Command, Connection, NoServer, Reply, check_words

MAX_BATCH = 400


class Channel:
    """One thread, one `Connection`. Requests keep their order; those that wait share the next batch."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=f"tmux-{name}")
        self._waiting: list[tuple[Sequence[Command], asyncio.Future[list[Reply]]]] = []
        self._worker: asyncio.Task[None] | None = None
        self._closed = False

    async def run(self, *command: str) -> tuple[str, ...]:
        """One command; its lines. TmuxError when it fails, NoServer when there is no tmux server."""
        return (await self._ask([command]))[0].value()

    async def batch(self, commands: Sequence[Command]) -> list[Reply]:
        """Several commands, one reply each. Without a server each has failed; TmuxError when tmux cannot be run."""
        if not commands:
            return []
        try:
            return await self._ask(commands)
        except NoServer as error:
            return [Reply((), error.message) for _ in commands]

    async def _ask(self, commands: Sequence[Command]) -> list[Reply]:
        # Before they share a batch: what cannot be said to tmux fails its own caller and nobody else.
        for command in commands:
            check_words(command)
        future: asyncio.Future[list[Reply]] = asyncio.get_running_loop().create_future()
        self._waiting.append((commands, future))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._drain())
        return await future

    async def close(self) -> None:
        """Wait for what is under way, then close the connection; twice is once."""
        if self._closed:
            return
        self._closed = True
        if self._worker is not None:
            await asyncio.gather(self._worker, return_exceptions=True)
        await asyncio.get_running_loop().run_in_executor(self._executor, self._connection.close)
        self._executor.shutdown(wait=False)

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            taken = self._take()
            commands = [command for group, _ in taken for command in group]
            try:
                replies = await loop.run_in_executor(self._executor, self._connection.batch, commands)
            except Exception as error:
                _fail(taken, error)
            else:
                _hand_out(taken, replies)

    def _take(self) -> list[tuple[Sequence[Command], asyncio.Future[list[Reply]]]]:
        count = size = 0
        for group, _ in self._waiting:
            if count and size + len(group) > MAX_BATCH:
                break
            count += 1
            size += len(group)
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken


def _fail(taken: list[tuple[Sequence[Command], asyncio.Future[list[Reply]]]], error: Exception) -> None:
    for _, future in taken:
        if not future.done():
            future.set_exception(error)


def _hand_out(taken: list[tuple[Sequence[Command], asyncio.Future[list[Reply]]]], replies: list[Reply]) -> None:
    start = 0
    for group, future in taken:
        if not future.done():
            future.set_result(replies[start : start + len(group)])
        start += len(group)
