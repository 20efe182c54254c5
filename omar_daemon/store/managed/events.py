"""The log of a session: events with a gap-free number, appended at a cost that does not grow with the log.

Also what belongs to it: the outbox of messages that wait for their turn, and the drafts of answers that are being
streamed, so that no text a client has seen is lost with the process.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import BigInteger, Column, Connection, Index, Integer, String, Table, Text

from omar_daemon.store.managed import clock, sessions
from omar_daemon.store.managed.documents import packed
from omar_daemon.store.managed.ids import new_id
from omar_daemon.store.prepared import Prepared
from omar_daemon.store.schema import metadata

_BigKey = BigInteger().with_variant(Integer, "sqlite")

events = Table(
    "managed_events",
    metadata,
    Column("session_id", String(64), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("type", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("answers", String(64)),
    Column("data", Text, nullable=False),
    Index("ix_managed_events_session_id_answers_seq", "session_id", "answers", "seq"),
)
"""`answers` is the id of the event this one answers (a call's result, a span's end)."""

outbox = Table(
    "managed_outbox",
    metadata,
    Column("pending_seq", _BigKey, primary_key=True, autoincrement=True),
    Column("session_id", String(64), nullable=False),
    Column("event_id", String(64), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("enqueued_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger),
    Column("data", Text, nullable=False),
    Index("ix_managed_outbox_session_id_state_pending_seq", "session_id", "state", "pending_seq"),
    sqlite_autoincrement=True,
)

drafts = Table(
    "managed_drafts",
    metadata,
    Column("message_id", String(64), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("session_id", String(64), nullable=False, index=True),
    Column("text", Text, nullable=False),
)

_ANSWERS = ("tool_use_id", "custom_tool_use_id", "mcp_tool_use_id", "model_request_start_id")


@dataclass(frozen=True)
class StoredEvent:
    """One event of a log; `data` is its JSON on one line, as every answer and every stream shows it."""

    seq: int
    id: str
    type: str
    data: str

    @property
    def value(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.data)
        return found


@dataclass(frozen=True)
class PendingRow:
    """A message in the outbox: `pending`, then `promoted` into the log or `cancelled`. Times in microseconds."""

    pending_seq: int
    event_id: str
    state: str
    enqueued_at: int
    changed_at: int | None
    value: dict[str, Any]


class NoSession(Exception):
    """The session was deleted meanwhile."""


_count_up = Prepared(
    sessions.table.update()
    .where(sessions.table.c.id == sqlalchemy.bindparam("session"))
    .values(last_seq=sessions.table.c.last_seq + sqlalchemy.bindparam("added"))
    .returning(sessions.table.c.last_seq)
)
_insert = Prepared(events.insert())


def append(connection: Connection, session_id: str, values: Sequence[Mapping[str, Any]]) -> list[StoredEvent]:
    """Put events at the end of the log, all or none. Each gets `id` (unless it has one), `processed_at` and `seq`."""
    if not values:
        return []
    counted = _count_up.rows(connection, {"session": session_id, "added": len(values)})
    if not counted:
        raise NoSession(session_id)
    moment = clock.now()
    first = counted[0][0] - len(values) + 1
    stored = [_stored(value, first + offset, moment) for offset, value in enumerate(values)]
    _insert.many(
        connection,
        [
            {
                "session_id": session_id,
                "seq": event.seq,
                "id": event.id,
                "type": event.type,
                "created_at": moment,
                "answers": next((value[name] for name in _ANSWERS if name in value), None),
                "data": event.data,
            }
            for event, value in zip(stored, values, strict=True)
        ],
    )
    return stored


def _stored(value: Mapping[str, Any], seq: int, moment: int) -> StoredEvent:
    event_id = value.get("id") or new_id("sevt")
    data = {**value, "id": event_id, "processed_at": clock.iso(moment), "seq": seq}
    return StoredEvent(seq, event_id, value["type"], packed(data))


def read(
    connection: Connection,
    session_id: str,
    *,
    after: int = 0,
    before: int | None = None,
    limit: int | None = None,
    descending: bool = False,
    conditions: Sequence[Any] = (),
) -> list[StoredEvent]:
    """Events with `after < seq < before`, in log order unless `descending`."""
    statement = sqlalchemy.select(events.c.seq, events.c.id, events.c.type, events.c.data)
    statement = statement.where(events.c.session_id == session_id, events.c.seq > after, *conditions)
    if before is not None:
        statement = statement.where(events.c.seq < before)
    order = events.c.seq.desc() if descending else events.c.seq.asc()
    rows = connection.execute(statement.order_by(order).limit(limit))
    return [StoredEvent(row.seq, row.id, row.type, row.data) for row in rows]


def get(connection: Connection, session_id: str, event_id: str) -> StoredEvent | None:
    found = read(connection, session_id, conditions=[events.c.id == event_id])
    return found[0] if found else None


def answering(connection: Connection, session_id: str, event_ids: Sequence[str]) -> list[StoredEvent]:
    """The events that answer one of these, in log order."""
    statement = sqlalchemy.select(events.c.seq, events.c.id, events.c.type, events.c.data).where(
        events.c.session_id == session_id, events.c.answers.in_(list(event_ids))
    )
    # Sorted here: asked for an order, SQLite would rather walk the whole log than use the index.
    rows = sorted(connection.execute(statement), key=lambda row: row.seq)
    return [StoredEvent(row.seq, row.id, row.type, row.data) for row in rows]


_answers_to = Prepared(
    sqlalchemy.select(events.c.seq, events.c.id, events.c.type, events.c.data)
    .where(events.c.session_id == sqlalchemy.bindparam("session"), events.c.answers == sqlalchemy.bindparam("event"))
    .order_by(events.c.seq)
)


def answers_to(connection: Connection, session_id: str, event_id: str) -> list[StoredEvent]:
    """The events that answer this one, in log order."""
    return [StoredEvent(*row) for row in _answers_to.rows(connection, {"session": session_id, "event": event_id})]


def last_of_type(connection: Connection, session_id: str, *types: str) -> StoredEvent | None:
    found = read(connection, session_id, conditions=[events.c.type.in_(types)], descending=True, limit=1)
    return found[0] if found else None


def delete_log(connection: Connection, session_id: str) -> None:
    """Everything this module keeps of a session."""
    for table in (events, outbox, drafts):
        connection.execute(table.delete().where(table.c.session_id == session_id))


# The outbox


def enqueue(connection: Connection, session_id: str, value: Mapping[str, Any]) -> PendingRow:
    """Put a message into the outbox; it gets its event id now and `processed_at` when it is promoted."""
    event_id, moment = new_id("sevt"), clock.now()
    data = {**value, "id": event_id, "processed_at": None}
    row = {"session_id": session_id, "event_id": event_id, "state": "pending", "enqueued_at": moment}
    done = connection.execute(outbox.insert().values(**row, data=packed(data)))
    assert done.inserted_primary_key is not None
    return PendingRow(done.inserted_primary_key[0], event_id, "pending", moment, None, data)


def pending(connection: Connection, session_id: str, *, limit: int | None = None) -> list[PendingRow]:
    """Messages that wait, oldest first."""
    return _rows(connection, outbox.c.session_id == session_id, outbox.c.state == "pending", limit=limit)


def waiting_and_cancelled(connection: Connection, session_id: str) -> list[PendingRow]:
    return _rows(connection, outbox.c.session_id == session_id, outbox.c.state.in_(["pending", "cancelled"]))


def settle(connection: Connection, rows: Sequence[PendingRow], state: str) -> list[PendingRow]:
    """Mark waiting rows as `promoted` or `cancelled`."""
    moment = clock.now()
    chosen = outbox.c.pending_seq.in_([row.pending_seq for row in rows])
    connection.execute(outbox.update().where(chosen).values(state=state, changed_at=moment))
    return [PendingRow(**{**vars(row), "state": state, "changed_at": moment}) for row in rows]


def sessions_with_pending(connection: Connection) -> list[str]:
    statement = sqlalchemy.select(outbox.c.session_id).where(outbox.c.state == "pending").distinct()
    return list(connection.execute(statement).scalars())


def _rows(connection: Connection, *conditions: Any, limit: int | None = None) -> list[PendingRow]:
    found = connection.execute(sqlalchemy.select(outbox).where(*conditions).order_by(outbox.c.pending_seq).limit(limit))
    return [
        PendingRow(row.pending_seq, row.event_id, row.state, row.enqueued_at, row.changed_at, json.loads(row.data))
        for row in found
    ]


# Drafts


def keep_draft(connection: Connection, session_id: str, message_id: str, part: int, text: str) -> None:
    """Keep the next piece of a message that is still being streamed."""
    row = {"session_id": session_id, "message_id": message_id, "part": part, "text": text}
    connection.execute(drafts.insert().values(**row))


def take_drafts(connection: Connection, session_id: str) -> dict[str, str]:
    """The texts of the unfinished messages by their ids; they are forgotten."""
    mine = drafts.c.session_id == session_id
    rows = connection.execute(sqlalchemy.select(drafts).where(mine).order_by(drafts.c.message_id, drafts.c.part))
    texts: dict[str, str] = {}
    for row in rows:
        texts[row.message_id] = texts.get(row.message_id, "") + row.text
    connection.execute(drafts.delete().where(mine))
    return texts


def drop_draft(connection: Connection, message_id: str) -> None:
    connection.execute(drafts.delete().where(drafts.c.message_id == message_id))
