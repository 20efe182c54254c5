"""The room of scores in the store: uploaded sessions, and who is listed on the leaderboard.

A session is kept once per (username, session id), as it was first sent.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import Column, Connection, Float, Index, String, Table, Text

from omar_daemon.store.schema import metadata

sessions_table = Table(
    "metrics_sessions",
    metadata,
    Column("username", String(200), primary_key=True),
    Column("session_id", String(200), primary_key=True),
    Column("started_at", Float, nullable=False),
    Column("stored_at", Float, nullable=False),
    Column("thread_type", String(16), nullable=False),
    Column("minutes", Float, nullable=False),
    Column("tool_calls", Float, nullable=False),
    Column("humans", Float, nullable=False),
    Column("overall_score", Float, nullable=False),
    Column("payload", Text, nullable=False),
    Index(None, "username", "started_at"),
    Index(None, "started_at"),
)

listings_table = Table(
    "metrics_listings",
    metadata,
    Column("username", String(200), primary_key=True),
    Column("since", Float, nullable=False),
)


@dataclass(frozen=True)
class ScoredRow:
    """One session of a listed user, as the leaderboard needs it. Instants are seconds since the epoch."""

    username: str
    session_id: str
    started_at: float
    thread_type: str
    minutes: float
    tool_calls: int
    humans: int
    overall_score: float


@dataclass(frozen=True)
class Page:
    """Part of a user's sessions, newest first; `after` is the place the next page begins behind, None at the end."""

    total: int
    sessions: list[dict[str, Any]]
    after: tuple[float, str] | None


def insert(connection: Connection, username: str, sessions: Iterable[tuple[float, dict[str, Any]]]) -> int:
    """Keep the (start in seconds, payload) pairs that are not there yet; returns how many those were."""
    rows = [_row(username, started_at, payload) for started_at, payload in sessions]
    if not rows:
        return 0
    if connection.dialect.name == "postgresql":
        # Costs 40 ms to import, which a machine with SQLite never pays.
        from sqlalchemy.dialects.postgresql import insert as builder
    else:
        from sqlalchemy.dialects.sqlite import insert as builder  # type: ignore[assignment]
    statement = builder(sessions_table).on_conflict_do_nothing().returning(sessions_table.c.session_id)
    return len(connection.execute(statement, rows).fetchall())


def _row(username: str, started_at: float, payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "username": username,
        "session_id": payload["session_id"],
        "started_at": started_at,
        "stored_at": time.time(),
        "thread_type": payload["thread_type"],
        "minutes": payload["session_duration_minutes"],
        "tool_calls": payload["total_tool_calls"],
        "humans": payload["total_human_messages"],
        "overall_score": payload["overall_score"],
        "payload": json.dumps(payload, separators=(",", ":")),
    }


def page(
    connection: Connection, username: str, *, limit: int, after: tuple[float, str] | None, since: float | None
) -> Page:
    """A page of the user's sessions; `total` counts all of them, whatever the page."""
    table = sessions_table
    own = table.c.username == username
    total = connection.execute(sqlalchemy.select(sqlalchemy.func.count()).select_from(table).where(own)).scalar_one()
    wanted = sqlalchemy.select(table.c.started_at, table.c.session_id, table.c.payload).where(own)
    if since is not None:
        wanted = wanted.where(table.c.started_at >= since)
    if after is not None:
        earlier = table.c.started_at < after[0]
        beside = sqlalchemy.and_(table.c.started_at == after[0], table.c.session_id > after[1])
        wanted = wanted.where(sqlalchemy.or_(earlier, beside))
    wanted = wanted.order_by(table.c.started_at.desc(), table.c.session_id).limit(limit + 1)
    rows = connection.execute(wanted).fetchall()
    last = rows[limit - 1] if len(rows) > limit else None
    place = (float(last.started_at), str(last.session_id)) if last is not None else None
    return Page(total, [json.loads(row.payload) for row in rows[:limit]], place)


def forget(connection: Connection, username: str) -> int:
    """Delete everything kept of the user; returns how many sessions that were."""
    connection.execute(listings_table.delete().where(listings_table.c.username == username))
    return connection.execute(sessions_table.delete().where(sessions_table.c.username == username)).rowcount


def set_listed(connection: Connection, username: str, listed: bool) -> None:
    connection.execute(listings_table.delete().where(listings_table.c.username == username))
    if listed:
        connection.execute(listings_table.insert().values(username=username, since=time.time()))


def listed_sessions(connection: Connection, *, since: float | None) -> Sequence[ScoredRow]:
    """All sessions, begun at or after `since`, of the users who want to be listed."""
    table = sessions_table
    columns = [column for column in table.c if column.name not in ("payload", "stored_at")]
    wanted = sqlalchemy.select(*columns).join(listings_table, listings_table.c.username == table.c.username)
    if since is not None:
        wanted = wanted.where(table.c.started_at >= since)
    return [
        ScoredRow(
            row.username,
            row.session_id,
            float(row.started_at),
            row.thread_type,
            float(row.minutes),
            int(row.tool_calls),
            int(row.humans),
            float(row.overall_score),
        )
        for row in connection.execute(wanted)
    ]
