"""Agents and all their versions. A version is never changed; the agent's row holds the newest one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy
from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, Text

from omar_daemon.store.managed.documents import Document, Documents, packed
from omar_daemon.store.schema import metadata

agents = Documents(
    "agents",
    "agent",
    Column("version", Integer, nullable=False),
    Column("name", String(256), nullable=False),
)

versions_table = Table(
    "managed_agent_versions",
    metadata,
    Column("agent_id", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("updated_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)


def create(connection: Connection, body: Mapping[str, Any], agent_id: str) -> Document:
    agent = agents.insert(connection, body, document_id=agent_id, version=1, name=body["name"])
    _keep(connection, agent)
    return agent


def bump(connection: Connection, agent: Document, body: Mapping[str, Any]) -> Document:
    """The next version of the agent."""
    changed = agents.change(connection, agent, body, version=agent.columns["version"] + 1, name=body["name"])
    _keep(connection, changed)
    return changed


def at_version(connection: Connection, agent: Document, version: int) -> Document | None:
    """The agent as it was at `version`: its `updated_at` is when that version was made."""
    found = connection.execute(
        sqlalchemy.select(versions_table).where(
            versions_table.c.agent_id == agent.id, versions_table.c.version == version
        )
    ).first()
    return None if found is None else _as_of(agent, found._mapping)


def versions(connection: Connection, agent: Document, limit: int, below: int | None) -> list[Document]:
    """At most `limit` versions, newest first, the current one included; only those before `below` if given."""
    statement = sqlalchemy.select(versions_table).where(versions_table.c.agent_id == agent.id)
    if below is not None:
        statement = statement.where(versions_table.c.version < below)
    rows = connection.execute(statement.order_by(versions_table.c.version.desc()).limit(limit))
    return [_as_of(agent, row._mapping) for row in rows]


def _keep(connection: Connection, agent: Document) -> None:
    row = {"agent_id": agent.id, "version": agent.columns["version"], "updated_at": agent.updated_at}
    connection.execute(versions_table.insert().values(**row, body=packed(agent.body)))


def _as_of(agent: Document, row: Any) -> Document:
    body = json.loads(row["body"])
    columns = {"version": row["version"], "name": body["name"]}
    return Document(agent.id, agent.created_at, row["updated_at"], agent.archived_at, body, columns)
