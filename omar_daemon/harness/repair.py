"""Closing a turn that was broken off: by an interrupt, by the end of the daemon, or by kill -9 (contract 10).

All three leave the same traces in the store, so all are repaired from there: text that was shown becomes its message,
a model request gets its end, a call gets a result, and the turn its one idle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from omar_daemon.harness.frames import chunk
from omar_daemon.harness.journal import Entry
from omar_daemon.store.managed import events, sessions
from omar_daemon.store.managed.events import StoredEvent

CALLS = {
    "agent.tool_use": ("agent.tool_result", "tool_use_id"),
    "agent.mcp_tool_use": ("agent.mcp_tool_result", "mcp_tool_use_id"),
    "agent.custom_tool_use": ("agent.tool_result", "tool_use_id"),
}
"""The result event that the daemon writes for each kind of call."""
NO_USAGE = {
    "input_tokens": 0, "output_tokens": 0, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0
}  # fmt: skip
END_TURN = {"type": "end_turn"}


@dataclass(frozen=True)
class Break:
    """Why a turn is closed: what its open calls are answered with, and the warning that is logged, if any."""

    call_text: str
    warning: str | None = None
    error: dict[str, Any] | None = None
    stop_reason: dict[str, Any] | None = None


INTERRUPTED = Break("The user interrupted before this call was finished.")
STOPPED = Break(
    "The daemon was stopped before this call was finished.", "The daemon was stopped in the middle of a turn."
)
CRASHED = Break(
    "The daemon died before this call was finished; it may have been carried out in part.",
    "The daemon died in the middle of a turn; what was unfinished has been closed.",
)


def close_turn(connection: Connection, session_id: str, why: Break) -> Sequence[Entry]:
    """Close whatever is open in the session's log and let it go idle; nothing when no turn is open."""
    session = sessions.sessions.get(connection, session_id, lock=True)
    if session is None:
        return []
    waiting = bool(sessions.turn_of(session)) and session.columns["status"] == "idle"
    if session.columns["status"] not in ("running", "rescheduling") and not waiting:
        return []
    entries: list[Entry] = []
    values: list[dict[str, Any]] = [{"type": "session.status_running"}] if waiting else []
    for message_id, text in events.take_drafts(connection, session_id).items():
        entries.append(chunk("agent.message_stream_end", message_id=message_id, status="interrupted"))
        values.append({"type": "agent.message", "id": message_id, "content": [{"type": "text", "text": text}]})
    values += _span_ends(connection, session_id)
    values += _results(connection, session_id, why.call_text)
    if why.warning is not None:
        values.append(
            {"type": "session.warning", "source": "recovery", "message": why.warning, "details": _details(values)}
        )
    if why.error is not None:
        values.append({"type": "session.error", "error": why.error})
    values.append({"type": "session.status_idle", "stop_reason": why.stop_reason or END_TURN})
    entries += events.append(connection, session_id, values)
    sessions.set_status(connection, session_id, "idle", turn={})
    return entries


def open_calls(connection: Connection, session_id: str) -> list[StoredEvent]:
    """The calls since the last turn began that nobody answered, in log order."""
    begun = events.last_of_type(connection, session_id, "user.message", "user.define_outcome")
    of_turn = events.read(
        connection,
        session_id,
        after=begun.seq if begun is not None else 0,
        conditions=[events.events.c.type.in_(list(CALLS))],
    )
    answered = {
        event.value.get(name)
        for event in events.answering(connection, session_id, [call.id for call in of_turn])
        if event.type != "user.tool_confirmation"
        for name in ("tool_use_id", "custom_tool_use_id", "mcp_tool_use_id")
    }
    return [call for call in of_turn if call.id not in answered]


def _span_ends(connection: Connection, session_id: str) -> list[dict[str, Any]]:
    last = events.last_of_type(connection, session_id, "span.model_request_start", "span.model_request_end")
    if last is None or last.type != "span.model_request_start":
        return []
    end = {"type": "span.model_request_end", "model_request_start_id": last.id, "is_error": True}
    return [{**end, "model_usage": NO_USAGE}]


def _results(connection: Connection, session_id: str, text: str) -> list[dict[str, Any]]:
    results = []
    for call in open_calls(connection, session_id):
        kind, id_name = CALLS[call.type]
        content = [{"type": "text", "text": text}]
        results.append({"type": kind, id_name: call.id, "content": content, "is_error": True})
    return results


def _details(values: Sequence[dict[str, Any]]) -> dict[str, int]:
    """How much was closed, by kind."""
    return {
        "messages": sum(value["type"] == "agent.message" for value in values),
        "calls": sum(value["type"].endswith("tool_result") for value in values),
        "model_requests": sum(value["type"] == "span.model_request_end" for value in values),
    }
