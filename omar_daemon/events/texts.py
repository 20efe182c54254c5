"""What an agent reads when events reach it."""

from __future__ import annotations

from collections.abc import Sequence

from omar_daemon.store.events import EventRecord

REPEATED = "(possibly repeated)"


def compose(events: Sequence[EventRecord], *, repeated: bool) -> str:
    """The text of events that are due at one instant: a head line, then `From <sender>: <payload>` for each.

    `repeated` says in the head that a delivery had begun before, so the receiver may have read them already.
    """
    first = events[0]
    kind = "EVENT BATCH" if len(events) > 1 else ("CRON" if first.recurring_ns is not None else "EVENT")
    head = f"[{kind} at t={first.timestamp}]" + (f" {REPEATED}" if repeated else "")
    return "\n".join([head, *(f"From {event.sender}: {event.payload}" for event in events)])
