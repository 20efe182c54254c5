"""From a request to an event that can be kept: checks and defaults (contract of the OMAR surface)."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from dataclasses import dataclass

from omar_daemon.events.errors import InvalidEvent
from omar_daemon.fleet.delivery import checked_bytes
from omar_daemon.fleet.errors import InvalidRequest
from omar_daemon.fleet.launch import checked_name, short_name
from omar_daemon.store.events import EventRecord

PAYLOAD_BYTES = 256 * 1024
SENDER_LENGTH = 200
PAST_NS = 1_000_000_000
SHORTEST_INTERVAL_NS = 1_000_000_000
LAST_INSTANT = 2**63 - 1

# A client takes `.` and `..` out of an address: such an event could not be cancelled.
_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9_.:-]{1,128}\Z")


@dataclass(frozen=True)
class EventRequest:
    """What POST /api/events may ask for (seed 002). Times are nanoseconds since the epoch."""

    sender: str
    receiver: str
    payload: str
    timestamp: int | None = None
    recurring_ns: int | None = None
    id: str | None = None
    allow_missing: bool = False

    def digest(self) -> str:
        """The same for a request that is sent again, another one for anything else."""
        said = [short_name(self.sender), short_name(self.receiver), self.payload, self.timestamp, self.recurring_ns]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def checked_id(identifier: str) -> str:
    if not _ID.match(identifier):
        raise InvalidEvent("id must be 1 to 128 letters, digits, '_', '.', ':' or '-', and not only dots.")
    return identifier


def build(request: EventRequest, *, now: int, created_at: int) -> EventRecord:
    """The event of a request that came at `now`; InvalidEvent. `created_at` keeps events in their order."""
    _check_times(request, now)
    due = request.timestamp if request.timestamp is not None else now + (request.recurring_ns or 0)
    if due + (request.recurring_ns or 0) > LAST_INSTANT:
        raise InvalidEvent("timestamp is too far in the future.")
    return EventRecord(
        id=checked_id(request.id) if request.id is not None else str(uuid.uuid4()),
        sender=_checked_sender(request.sender),
        receiver=_checked_receiver(request.receiver),
        payload=_checked_payload(request.payload),
        timestamp=due,
        created_at=created_at,
        recurring_ns=request.recurring_ns,
        digest=request.digest(),
    )


def _check_times(request: EventRequest, now: int) -> None:
    if request.recurring_ns is not None and request.recurring_ns < SHORTEST_INTERVAL_NS:
        raise InvalidEvent("recurring_ns must be at least 1000000000 (1 second).")
    if request.timestamp is not None and request.timestamp < now - PAST_NS:
        raise InvalidEvent("timestamp is more than 1 second in the past.")


def _checked_sender(sender: str) -> str:
    short = short_name(sender.strip())
    if not 1 <= len(short) <= SENDER_LENGTH or "\n" in short:
        raise InvalidEvent(f"sender must be one line of 1 to {SENDER_LENGTH} characters.")
    _check_typable(short, "sender")
    return short


def _checked_receiver(receiver: str) -> str:
    try:
        return checked_name(receiver, "receiver")
    except InvalidRequest as error:
        raise InvalidEvent(error.message) from None


def _checked_payload(payload: str) -> str:
    if len(_check_typable(payload, "payload")) > PAYLOAD_BYTES:
        raise InvalidEvent(f"payload is larger than {PAYLOAD_BYTES} bytes.")
    return payload


def _check_typable(text: str, what: str) -> bytes:
    """The bytes of a text that may be typed into a terminal: no keys in disguise."""
    try:
        return checked_bytes(text, raw=False)
    except InvalidRequest as error:
        raise InvalidEvent(
            error.message.replace("text", what, 1).replace(" (set raw to type it as a key)", "")
        ) from None
