"""Taking what clients send to a session: one batch, one transaction (contract 5, 6, 10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from omar_daemon.harness.frames import chunk
from omar_daemon.harness.journal import Entry
from omar_daemon.store.managed import clock, events, sessions
from omar_daemon.store.managed.events import PendingRow
from omar_daemon.store.managed.ids import new_id
from omar_daemon.store.managed.sessions import State


class Closed(Exception):
    """The session is archived or terminated: it takes no events."""


class NoThread(Exception):
    """The session has no such thread."""


@dataclass
class Received:
    """What a batch did: `shown` are its events with ids, `entries` what the streams get."""

    shown: list[dict[str, Any]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    has_work: bool = False
    interrupt_seq: int | None = None


def receive(connection: Connection, session_id: str, values: Sequence[Mapping[str, Any]]) -> Received:
    """Raises NoSession, NoThread or Closed; then nothing of the batch was taken."""
    session = sessions.state(connection, session_id)
    if session is None:
        raise events.NoSession(session_id)
    if session.archived_at is not None or session.status == "terminated":
        raise Closed(session_id)
    received = Received()
    for value in values:
        _TAKERS.get(value["type"], _append)(connection, session, dict(value), received)
    return received


def _append(connection: Connection, session: State, value: dict[str, Any], received: Received) -> None:
    (stored,) = events.append(connection, session.id, [value])
    received.entries.append(stored)
    received.shown.append(stored.value)


def _enqueue(connection: Connection, session: State, value: dict[str, Any], received: Received) -> None:
    row = events.enqueue(connection, session.id, value)
    received.entries.append(pending_frame(row, session.thread_id))
    received.shown.append(row.value)
    received.has_work = True


def _outcome(connection: Connection, session: State, value: dict[str, Any], received: Received) -> None:
    value = {"max_iterations": 3, **value, "outcome_id": new_id("outc")}
    evaluation = {
        "type": "outcome_evaluation",
        "outcome_id": value["outcome_id"],
        "description": value["description"],
        "rubric": value["rubric"],
        "max_iterations": value["max_iterations"],
        "iteration": 0,
        "result": "pending",
        "explanation": None,
        "completed_at": None,
    }
    current = sessions.sessions.get(connection, session.id)
    if current is None:
        raise events.NoSession(session.id)
    evaluations = [*current.body["outcome_evaluations"], evaluation]
    sessions.sessions.change(connection, current, {**current.body, "outcome_evaluations": evaluations})
    _enqueue(connection, session, value, received)
    # The SDK's type wants a time here: the one at which the outcome was accepted.
    received.shown[-1] = {**received.shown[-1], "processed_at": clock.iso(clock.now())}


def _answer(connection: Connection, session: State, value: dict[str, Any], received: Received) -> None:
    """A result or confirmation: the first one counts, a second is answered with the first and not stored."""
    call = value.get("tool_use_id") or value.get("custom_tool_use_id") or ""
    earlier = [
        event for event in events.answers_to(connection, session.id, call) if event.type in (value["type"], *_FINAL)
    ]
    if earlier:
        received.shown.append(earlier[0].value)
        return
    _append(connection, session, value, received)
    received.has_work = received.has_work or call in session.turn.get("waits_for", [])


_FINAL = ("agent.tool_result", "agent.mcp_tool_result", "user.tool_result")


def _interrupt(connection: Connection, session: State, value: dict[str, Any], received: Received) -> None:
    """Jumps the queue: what waited before it is cancelled."""
    thread_id = value.get("session_thread_id")
    if thread_id not in (None, session.thread_id):
        raise NoThread(thread_id)
    cancelled = events.settle(connection, events.pending(connection, session.id), "cancelled")
    received.entries += [cancelled_frame(row) for row in cancelled]
    (stored,) = events.append(connection, session.id, [value])
    received.entries.append(stored)
    received.shown.append(stored.value)
    received.interrupt_seq = stored.seq


_TAKERS: dict[str, Callable[[Connection, State, dict[str, Any], Received], None]] = {
    "user.message": _enqueue,
    "user.define_outcome": _outcome,
    "user.interrupt": _interrupt,
    "user.tool_confirmation": _answer,
    "user.custom_tool_result": _answer,
    "user.tool_result": _answer,
}


def pending_frame(row: PendingRow, thread_id: str) -> Entry:
    return chunk(
        "system.user_message_pending",
        event_id=row.event_id,
        pending_seq=row.pending_seq,
        enqueued_at=clock.iso(row.enqueued_at),
        session_thread_id=thread_id,
        event=row.value,
    )


def cancelled_frame(row: PendingRow) -> Entry:
    return chunk(
        "system.user_message_cancelled",
        event_id=row.event_id,
        pending_seq=row.pending_seq,
        cancelled_at=clock.iso(row.changed_at or 0),
    )
