"""The room of scheduled events: what was promised to agents, and what became of it. Written by the scheduler only."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import sqlalchemy
from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, String, Table, Text

from omar_daemon.store.schema import metadata

Stage = Literal["waiting", "delivered", "dead"]

events_table = Table(
    "scheduled_events",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("stage", String(16), nullable=False),
    Column("sender", String(200), nullable=False),
    Column("receiver", String(64), nullable=False, index=True),
    Column("payload", Text, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("recurring_ns", BigInteger),
    Column("begun", Boolean, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("ended_at", BigInteger),
    Column("reason", Text),
)


@dataclass(frozen=True)
class EventRecord:
    """One event. `timestamp` (when it is due), `created_at` and `ended_at` are nanoseconds since the epoch.

    `begun` is written before a delivery types anything, so that after a crash the text can say that it may be a
    repetition. `digest` is of the request, so that the same request sent again is one event.
    """

    id: str
    sender: str
    receiver: str
    payload: str
    timestamp: int
    created_at: int
    digest: str
    recurring_ns: int | None = None
    stage: Stage = "waiting"
    begun: bool = False
    deliveries: int = 0
    ended_at: int | None = None
    reason: str | None = None


def insert(connection: Connection, record: EventRecord) -> None:
    connection.execute(events_table.insert().values(**asdict(record)))


def load_all(connection: Connection) -> list[EventRecord]:
    """Every event that is kept, in the order in which they are due."""
    columns = events_table.c
    rows = connection.execute(sqlalchemy.select(events_table).order_by(columns.timestamp, columns.created_at))
    return [EventRecord(**row._mapping) for row in rows]


def update(connection: Connection, ids: list[str], values: dict[str, Any]) -> None:
    """Change some columns of several events."""
    connection.execute(events_table.update().where(events_table.c.id.in_(ids)).values(**values))


def remove(connection: Connection, ids: list[str]) -> None:
    connection.execute(events_table.delete().where(events_table.c.id.in_(ids)))
