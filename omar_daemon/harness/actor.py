"""One session at work: takes what waits in its outbox, one turn at a time, until nothing is left to do."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from omar_daemon.harness import setup
from omar_daemon.harness.frames import chunk
from omar_daemon.harness.journal import Entry, Journal
from omar_daemon.harness.providers.interface import ModelError
from omar_daemon.harness.repair import INTERRUPTED, STOPPED, Break, close_turn
from omar_daemon.store.managed import clock, events, sessions

if TYPE_CHECKING:
    from omar_daemon.harness.turn import Ended
    from omar_daemon.harness.workshop import Workshop

log = logging.getLogger("omar.harness")


@dataclass(frozen=True)
class _Begun:
    """A turn that is running: the number of the event that began it."""

    seq: int


class Actor:
    """Drives one session. All methods are called on the event loop."""

    def __init__(self, journal: Journal, session_id: str) -> None:
        self._journal = journal
        self._session_id = session_id
        self._task: asyncio.Task[None] | None = None
        self._cancelled: asyncio.Task[None] | None = None
        self._again = False
        self._begun: _Begun | None = None
        self._why = STOPPED
        self._workshop: Workshop | None = None

    @property
    def is_working(self) -> bool:
        return self._task is not None and not self._task.done()

    def wake(self) -> None:
        """There may be something to do."""
        if self.is_working:
            self._again = True
        else:
            self._task = asyncio.create_task(self._work())

    async def interrupt(self, before_seq: int) -> None:
        """Stop the turn that began before this event, also one that waits for the user; then go on with the rest."""
        task = self._task
        if task is not None and not task.done() and self._begun is not None and self._begun.seq < before_seq:
            await self._stop(task, INTERRUPTED)
        elif self._begun is None:
            await self._journal.commit(self._session_id, self._close_waiting)
        self.wake()

    def _close_waiting(self, connection: Connection) -> Sequence[Entry]:
        session = sessions.sessions.get(connection, self._session_id)
        if session is None or not sessions.turn_of(session):
            return []
        return close_turn(connection, self._session_id, INTERRUPTED)

    async def stop(self, *, interrupted: bool = False) -> None:
        """Close the running turn: the daemon ends, or with `interrupted` the user wants it."""
        if self._task is not None and not self._task.done():
            await self._stop(self._task, INTERRUPTED if interrupted else STOPPED)

    async def refresh_files(self) -> None:
        """Place files that were added while a turn runs."""
        if self._workshop is not None:
            found = await run_in_threadpool(self._load)
            if found is not None:
                await self._workshop.refresh(found)

    async def _stop(self, task: asyncio.Task[None], why: Break) -> None:
        if self._cancelled is not task:
            # Only once: a second time would break off the closing of the turn.
            self._cancelled, self._why = task, why
            task.cancel()
        self._again = False
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({task})

    async def _work(self) -> None:
        while True:
            self._again = False
            begun = await self._begin()
            if begun is not None:
                self._begun = begun
                await self._turn()
            elif not self._again:
                return

    async def _begin(self) -> _Begun | None:
        """Take up the turn that was answered, or promote the next message (contract 10)."""
        found: list[_Begun] = []

        def work(connection: Connection) -> Sequence[Entry]:
            session = sessions.sessions.get(connection, self._session_id, lock=True)
            if session is None or session.columns["status"] == "terminated":
                return []
            turn = sessions.turn_of(session)
            if turn and not self._is_answered(connection, turn):
                return []
            entries = self._resume(connection) if turn else self._promote(connection)
            if turn or entries:
                found.append(_Begun(session.columns["last_seq"] + 1))
            return entries

        await self._journal.commit(self._session_id, work)
        return found[0] if found else None

    def _promote(self, connection: Connection) -> Sequence[Entry]:
        rows = events.pending(connection, self._session_id, limit=1)
        if not rows:
            return []
        (row,) = events.settle(connection, rows, "promoted")
        stored = events.append(connection, self._session_id, [row.value, {"type": "session.status_running"}])
        sessions.set_status(connection, self._session_id, "running", turn={})
        promoted = chunk(
            "system.user_message_promoted",
            event_id=row.event_id,
            pending_seq=row.pending_seq,
            seq=stored[0].seq,
            processed_at=clock.iso(row.changed_at or 0),
        )
        return [stored[0], promoted, *stored[1:]]

    def _is_answered(self, connection: Connection, turn: dict[str, Any]) -> bool:
        answers = events.answering(connection, self._session_id, turn["waits_for"])
        answered = {event.value.get("tool_use_id") or event.value.get("custom_tool_use_id") for event in answers}
        return set(turn["waits_for"]) <= answered

    def _resume(self, connection: Connection) -> Sequence[Entry]:
        sessions.set_status(connection, self._session_id, "running", turn={})
        return events.append(connection, self._session_id, [{"type": "session.status_running"}])

    async def _turn(self) -> None:
        """Run the turn to its idle, whatever happens in it."""
        try:
            await self._run_to_idle()
        except asyncio.CancelledError:
            # Who interrupts waits for this idle: here it comes before the files.
            await self._close(self._why)
            await self._keep_outputs()
            raise
        except events.NoSession:
            return
        except Exception as error:
            log.exception("a turn of %s failed", self._session_id)
            await self._close(_failure("unknown_error", f"The turn failed: {error}"[:2000], "terminal"))
        finally:
            self._begun = self._workshop = None

    async def _run_to_idle(self) -> None:
        try:
            ended = await self._run()
        except ModelError as error:
            retry = "exhausted" if error.retryable else "terminal"
            await self._keep_outputs()
            await self._close(_failure(error.kind, error.message, retry))
        else:
            await self._keep_outputs()
            await self._journal.commit(self._session_id, lambda connection: self._idle(connection, ended))

    async def _run(self) -> Ended:
        # What a turn needs is loaded with the first one: the daemon starts without it.
        from omar_daemon.harness.mcp import McpServers
        from omar_daemon.harness.outcomes import OutcomeJudge
        from omar_daemon.harness.tools.toolbox import agent_tools
        from omar_daemon.harness.turn import Turn
        from omar_daemon.harness.workshop import Workshop

        found = await run_in_threadpool(self._load)
        if found is None:
            raise events.NoSession(self._session_id)
        async with McpServers.connected(found, self._journal) as servers:
            workshop = self._workshop = Workshop(self._journal, found, servers)
            await workshop.announce()
            tools = [*agent_tools(found.agent["tools"]), *servers.tools]
            judge = OutcomeJudge(self._journal, found)
            while True:
                ended = await Turn(self._journal, found, tools, workshop).run()
                if ended.waits_for or not await judge.wants_more(ended):
                    return ended

    def _load(self) -> setup.Setup | None:
        with self._journal.store.read() as connection:
            return setup.load(connection, self._session_id)

    def _idle(self, connection: Connection, ended: Ended) -> Sequence[Entry]:
        session = sessions.sessions.get(connection, self._session_id)
        if session is None or session.columns["status"] == "terminated":
            return []
        turn = {"waits_for": ended.waits_for} if ended.waits_for else {}
        sessions.set_status(connection, self._session_id, "idle", turn=turn)
        idle = {"type": "session.status_idle", "stop_reason": ended.stop_reason}
        return events.append(connection, self._session_id, [idle])

    async def _close(self, why: Break) -> None:
        await self._journal.commit(self._session_id, lambda connection: close_turn(connection, self._session_id, why))

    async def _keep_outputs(self) -> None:
        """Before the turn's idle: who has seen that lists the files. A turn ends also where they cannot be kept."""
        from omar_daemon.harness import outputs

        try:
            await run_in_threadpool(outputs.register, self._journal.store, self._session_id)
        except Exception:
            log.exception("the outputs of %s could not be kept", self._session_id)


def _failure(kind: str, message: str, retry: str) -> Break:
    problem = {"type": kind, "message": message, "retry_status": {"type": retry}}
    return Break("The turn failed before this call was finished.", None, problem, {"type": "retries_exhausted"})
