"""A thread of its own for work that may hang: the X server may be stopped while it owes an answer."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from omar_daemon.computer.errors import NoDisplay

Result = TypeVar("Result")


class Worker:
    """Does one piece of work after the other. The thread is a daemon thread: the program's end never waits for it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: queue.SimpleQueue[Callable[[], None]] | None = None

    async def run(self, work: Callable[[], Result], seconds: float) -> Result:
        """The result of `work`; NoDisplay after `seconds`: the thread is left behind, the next work gets a new one."""
        outcome: Future[Result] = Future()
        if self._jobs is None:
            self._jobs = queue.SimpleQueue()
            threading.Thread(target=_serve, args=(self._jobs,), name=self._name, daemon=True).start()
        self._jobs.put(lambda: _settle(outcome, work))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(outcome), seconds)
        except TimeoutError:
            self.abandon()
            raise NoDisplay(f"The display did not answer within {seconds:g} s.") from None

    def abandon(self) -> None:
        """Let the thread end when its present work is done, if ever."""
        if self._jobs is not None:
            self._jobs.put(_leave)
            self._jobs = None


def _serve(jobs: queue.SimpleQueue[Callable[[], None]]) -> None:
    while (job := jobs.get()) is not _leave:
        job()


def _leave() -> None:
    """The last job of a thread."""


def _settle(outcome: Future[Any], work: Callable[[], Any]) -> None:
    if not outcome.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except BaseException as error:
        outcome.set_exception(error)
    else:
        outcome.set_result(result)
