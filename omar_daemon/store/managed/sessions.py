"""Sessions: what they were started with (body), and what the loop changes (columns).

`last_seq` is the number of events in the log; `turn` says what an unfinished turn waits for; `usage` is the sum of
all model requests. The primary thread exists from the start.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import BigInteger, Column, Connection, Integer, String, Text

from omar_daemon.store.managed import clock
from omar_daemon.store.managed.documents import Document, Documents, packed
from omar_daemon.store.managed.ids import new_id
from omar_daemon.store.prepared import Prepared

sessions = Documents(
    "sessions",
    "sess",
    Column("agent_id", String(64), nullable=False, index=True),
    Column("agent_version", Integer, nullable=False),
    Column("environment_id", String(64), nullable=False, index=True),
    Column("thread_id", String(64), nullable=False),
    Column("status", String(16), nullable=False, index=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("memory_store_ids", Text, nullable=False),
    Column("turn", Text, nullable=False),
    Column("usage", Text, nullable=False),
    Column("active_microseconds", BigInteger, nullable=False),
    Column("running_since", BigInteger),
    Column("ended_at", BigInteger),
)
table = sessions.table
NO_TURN = "{}"


def create(connection: Connection, body: Mapping[str, Any], *, session_id: str | None = None) -> Document:
    """A new idle session. `body` holds agent, environment_id, title, metadata, resources, vault_ids, budget …"""
    stores = [resource["memory_store_id"] for resource in body["resources"] if resource["type"] == "memory_store"]
    return sessions.insert(
        connection,
        body,
        document_id=session_id,
        agent_id=body["agent"]["id"],
        agent_version=body["agent"]["version"],
        environment_id=body["environment_id"],
        thread_id=new_id("sthr"),
        status="idle",
        last_seq=0,
        memory_store_ids=f" {' '.join(stores)} ",
        turn=NO_TURN,
        usage="{}",
        active_microseconds=0,
        running_since=None,
        ended_at=None,
    )


def set_status(connection: Connection, session_id: str, status: str, turn: Mapping[str, Any] | None = None) -> None:
    """`running` starts the clock of active time, any other status stops it; `turn` replaces what the turn waits for."""
    moment = clock.now()
    values: dict[str, Any] = {"status": status, "updated_at": moment}
    if turn is not None:
        values["turn"] = packed(turn)
    if status == "running":
        values["running_since"] = sqlalchemy.func.coalesce(table.c.running_since, moment)
    else:
        ran = moment - sqlalchemy.func.coalesce(table.c.running_since, moment)
        values |= {"active_microseconds": table.c.active_microseconds + ran, "running_since": None}
    if status == "terminated":
        values["ended_at"] = sqlalchemy.func.coalesce(table.c.ended_at, moment)
    connection.execute(table.update().where(table.c.id == session_id).values(**values))


def turn_of(session: Document) -> dict[str, Any]:
    """What the session's unfinished turn waits for; empty when no turn is open.

    `{"waits_for": [event ids]}`: answers of the user.
    """
    found: dict[str, Any] = json.loads(session.columns["turn"])
    return found


def add_usage(connection: Connection, session_id: str, usage: Mapping[str, int]) -> None:
    """Add one model request's token counts to the session's sum."""
    row = connection.execute(sqlalchemy.select(table.c.usage).where(table.c.id == session_id).with_for_update()).first()
    if row is None:
        return
    total: dict[str, int] = json.loads(row.usage)
    for name, count in usage.items():
        total[name] = total.get(name, 0) + count
    connection.execute(table.update().where(table.c.id == session_id).values(usage=packed(total)))


@dataclass(frozen=True)
class State:
    """What a session is doing, without what it was made of: read at every event."""

    id: str
    thread_id: str
    status: str
    archived_at: int | None
    turn: dict[str, Any]


_state = Prepared(
    sqlalchemy.select(table.c.id, table.c.thread_id, table.c.status, table.c.archived_at, table.c.turn)
    .where(table.c.id == sqlalchemy.bindparam("session"))
    .with_for_update()
)


def state(connection: Connection, session_id: str) -> State | None:
    """The row is locked until the transaction ends."""
    rows = _state.rows(connection, {"session": session_id})
    for session, thread_id, status, archived_at, turn in rows:
        return State(session, thread_id, status, archived_at, json.loads(turn))
    return None


def unfinished(connection: Connection) -> list[Document]:
    """Sessions that were in a turn: after a start of the daemon, those the last one did not finish."""
    return sessions.select(connection, table.c.status.in_(["running", "rescheduling"]))


def in_environment(connection: Connection, environment_id: str) -> bool:
    return sessions.exists(connection, table.c.environment_id == environment_id)


def with_status(statuses: Sequence[str]) -> Any:
    return table.c.status.in_(list(statuses))
