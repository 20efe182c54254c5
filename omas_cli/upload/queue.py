"""~/.omas/upload_queue.json: the sessions on their way to the server (contract: Upload).

    {"version": 1, "pending": [{"session": {…}, "attempts": n, "queued_at", "next_attempt_at", "last_error"}],
     "parked": […], "last_sync": …, "paused_until": …}

One entry per session id, in pending or parked. Instants are RFC 3339, UTC. The file is replaced whole, so it can be
read at any moment; `paused_until` is there only after a server asked for a pause.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct, field

from shared import durable, output, paths
from shared.errors import ConfigError

VERSION = 1
_NO_FILE = object()


class Entry(Struct):
    """One session: its payload as it is sent, and how its upload went so far."""

    session: dict[str, Any]
    attempts: int
    queued_at: str
    next_attempt_at: str
    last_error: str | None = None

    @property
    def session_id(self) -> str:
        return str(self.session["session_id"])

    def is_due(self, now: datetime) -> bool:
        return parse_instant(self.next_attempt_at) <= now


class Queue(Struct):
    """The content of the file."""

    pending: list[Entry] = field(default_factory=list)
    parked: list[Entry] = field(default_factory=list)
    last_sync: str | None = None
    paused_until: str | None = None

    def ids(self) -> set[str]:
        return {entry.session_id for entry in (*self.pending, *self.parked)}

    def add(self, session: dict[str, Any], now: datetime) -> None:
        """Put a new session at the end, due at once; one that waits already gets its newer payload."""
        for entry in self.pending:
            if entry.session_id == session["session_id"]:
                entry.session = session
                return
        stamp = instant_text(now)
        self.pending.append(Entry(session, 0, stamp, stamp))

    def remove(self, session_ids: Iterable[str]) -> None:
        gone = set(session_ids)
        self.pending = [entry for entry in self.pending if entry.session_id not in gone]
        self.parked = [entry for entry in self.parked if entry.session_id not in gone]

    def park(self, entry: Entry, reason: str) -> None:
        self.remove([entry.session_id])
        entry.last_error = reason
        self.parked.append(entry)

    def is_paused(self, now: datetime) -> bool:
        return self.paused_until is not None and parse_instant(self.paused_until) > now


class QueueFile:
    """The queue on the disk. Whoever changes it holds the lock of a run (`working`) or of a change (`changing`)."""

    def __init__(self) -> None:
        self._path = paths.upload_queue()
        self._lock = self._path.with_name(f"{self._path.name}.lock")

    def read(self) -> Queue:
        """The queue; empty when there is none. A file that is no queue is kept aside with one warning."""
        body = durable.read_json(self._path, lambda: _NO_FILE, warn=output.warn)
        if body is _NO_FILE:
            return Queue()
        if isinstance(body, dict) and isinstance(body.get("version"), int) and body["version"] > VERSION:
            raise ConfigError(
                f"{self._path} was written by a newer version of the suite.", hint="Install that version."
            )
        found = _queue_of(body)
        if found is None:
            aside = durable.set_aside(self._path)
            output.warn(f"{self._path} is no upload queue; it is kept as {aside.name} and a new one is begun.")
            return Queue()
        return found

    def write(self, queue: Queue) -> None:
        body: dict[str, Any] = {
            "version": VERSION,
            "pending": [_entry_json(entry) for entry in queue.pending],
            "parked": [_entry_json(entry) for entry in queue.parked],
            "last_sync": queue.last_sync,
        }
        if queue.paused_until is not None:
            body["paused_until"] = queue.paused_until
        durable.write_atomic(self._path, json.dumps(body, ensure_ascii=False) + "\n")

    @contextmanager
    def working(self) -> Iterator[bool]:
        """Hold the queue for a whole run; False when another run holds it."""
        with durable.locked(self._lock, wait=False) as got:
            yield got

    @contextmanager
    def changing(self) -> Iterator[Queue]:
        """Read, let the caller change, write. Waits for a run at work to end."""
        with durable.locked(self._lock, timeout=60.0):
            queue = self.read()
            yield queue
            self.write(queue)


def _entry_json(entry: Entry) -> dict[str, Any]:
    return {
        "session": entry.session,
        "attempts": entry.attempts,
        "queued_at": entry.queued_at,
        "next_attempt_at": entry.next_attempt_at,
        "last_error": entry.last_error,
    }


def _queue_of(body: Any) -> Queue | None:
    if not isinstance(body, dict) or body.get("version") != VERSION:
        return None
    pending, parked = _entries(body.get("pending")), _entries(body.get("parked"))
    if pending is None or parked is None:
        return None
    queue = Queue(_once(pending), _once(parked), _instant_or_none(body.get("last_sync")))
    queue.paused_until = _instant_or_none(body.get("paused_until"))
    waiting = {entry.session_id for entry in queue.pending}
    queue.parked = [entry for entry in queue.parked if entry.session_id not in waiting]
    return queue


def _entries(found: Any) -> list[Entry] | None:
    if found is None:
        return []
    if not isinstance(found, list):
        return None
    entries = [_entry(item) for item in found]
    return None if None in entries else [entry for entry in entries if entry is not None]


def _entry(item: Any) -> Entry | None:
    if not isinstance(item, dict) or not isinstance(item.get("session"), dict):
        return None
    session_id, attempts = item["session"].get("session_id"), item.get("attempts", 0)
    if not isinstance(session_id, str) or not isinstance(attempts, int) or isinstance(attempts, bool):
        return None
    now = instant_text(datetime.now(UTC))
    error = item.get("last_error")
    return Entry(
        item["session"],
        max(attempts, 0),
        _instant_or_none(item.get("queued_at")) or now,
        _instant_or_none(item.get("next_attempt_at")) or now,
        error if isinstance(error, str) else None,
    )


def _once(entries: list[Entry]) -> list[Entry]:
    """The last entry of each session id, where the first one stood."""
    return list({entry.session_id: entry for entry in entries}.values())


def _instant_or_none(found: Any) -> str | None:
    if not isinstance(found, str):
        return None
    try:
        parse_instant(found)
    except ValueError:
        return None
    return found


def instant_text(moment: datetime) -> str:
    """RFC 3339, UTC, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def later_instant(one: str, other: str) -> str:
    return max(one, other, key=parse_instant)


def parse_instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
