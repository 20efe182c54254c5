"""Events as they are told: which, in which order, and in the words of the surface."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from omar_daemon.fleet.launch import short_name
from omar_daemon.store.events import EventRecord


def listed(
    events: Iterable[EventRecord], *, receiver: str | None, state: str, held: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The events of one stage in the order in which they are due; `held` says by receiver why one that is due waits."""
    wanted = short_name(receiver) if receiver is not None else None
    now = time.time_ns()
    return [
        shown(event, held.get(event.receiver) if event.timestamp <= now else None)
        for event in sorted(events, key=due_order)
        if event.stage == state and (wanted is None or event.receiver == wanted)
    ]


def due_order(event: EventRecord) -> tuple[int, int]:
    return event.timestamp, event.created_at


def shown(event: EventRecord, held: str | None = None) -> dict[str, Any]:
    """An event as the surface answers it; `held` is why it is due and not delivered yet."""
    answer: dict[str, Any] = {
        "id": event.id,
        "sender": event.sender,
        "receiver": event.receiver,
        "timestamp": event.timestamp,
        "payload": event.payload,
        "created_at": event.created_at,
        "deliveries": event.deliveries,
    }
    if event.recurring_ns is not None:
        answer["recurring_ns"] = event.recurring_ns
    if held is not None:
        answer["reason"] = held
    if event.stage == "dead":
        answer.update(state="dead", reason=event.reason, died_at=event.ended_at)
    return answer
