"""Server-sent frames: what is stored in the log, and what only live streams see (contract 9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from omar_daemon.store.managed.documents import packed
from omar_daemon.store.managed.events import StoredEvent

SPEC_TYPES = frozenset(
    {
        "user.message", "user.interrupt", "user.tool_confirmation", "user.custom_tool_result", "user.tool_result",
        "user.define_outcome", "system.message",
        "agent.message", "agent.thinking", "agent.tool_use", "agent.tool_result", "agent.mcp_tool_use",
        "agent.mcp_tool_result", "agent.custom_tool_use", "agent.thread_message_sent",
        "agent.thread_message_received", "agent.thread_context_compacted",
        "session.error", "session.status_running", "session.status_idle", "session.status_rescheduled",
        "session.status_terminated", "session.thread_created", "session.thread_status_running",
        "session.thread_status_idle", "session.thread_status_rescheduled", "session.thread_status_terminated",
        "session.deleted", "session.updated", "session.usage",
        "span.model_request_start", "span.model_request_end", "span.outcome_evaluation_start",
        "span.outcome_evaluation_ongoing", "span.outcome_evaluation_end",
    }
)  # fmt: skip
"""The types a stream shows by itself; others need `include=chunks` or `types[]`."""
DELTA_TYPES = ("agent.message", "agent.thinking")


@dataclass(frozen=True)
class Frame:
    """One frame. `seq` is None for what is not stored; `delta_of` marks previews for `event_deltas[]`."""

    type: str
    data: str
    seq: int | None = None
    delta_of: str | None = None

    @cached_property
    def encoded(self) -> bytes:
        """The bytes on the wire, made once for all readers."""
        number = "" if self.seq is None else f"id: {self.seq}\n"
        return f"event: {self.type}\n{number}data: {self.data}\n\n".encode()


def stored_frame(event: StoredEvent) -> Frame:
    return Frame(event.type, event.data, event.seq)


def chunk(kind: str, **fields: Any) -> Frame:
    """A frame that is shown with `include=chunks` only and never stored."""
    return Frame(kind, packed({"type": kind, **fields}))


def preview_start(kind: str, event_id: str) -> Frame:
    """`event_start`: an event with this id is being made."""
    value = {"type": "event_start", "event": {"type": kind, "id": event_id}}
    return Frame("event_start", packed(value), delta_of=kind)


def preview_text(event_id: str, text: str) -> Frame:
    """`event_delta`: the next piece of an `agent.message`."""
    delta = {"type": "content_delta", "index": 0, "content": {"type": "text", "text": text}}
    value = {"type": "event_delta", "event_id": event_id, "delta": delta}
    return Frame("event_delta", packed(value), delta_of="agent.message")


@dataclass(frozen=True)
class Wish:
    """What one stream wants to see."""

    chunks: bool = False
    types: frozenset[str] = frozenset()
    deltas: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, *, chunks: bool, types: Iterable[str] = (), deltas: Iterable[str] = ()) -> Wish:
        return cls(chunks, frozenset(types), frozenset(deltas))

    def takes(self, frame: Frame) -> bool:
        if frame.delta_of is not None:
            return frame.delta_of in self.deltas
        if self.types:
            return frame.type in self.types
        return self.chunks or frame.type in SPEC_TYPES
