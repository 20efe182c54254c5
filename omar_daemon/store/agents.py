"""The room of agents in the store: what tmux cannot remember of them. The fleet is its only writer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import sqlalchemy
from sqlalchemy import Column, Connection, Float, Integer, String, Table, Text

from omar_daemon.store.schema import metadata

Stage = Literal["starting", "running", "ended"]
Delivery = Literal["none", "pending", "sending", "entering", "delivered", "failed"]

agents_table = Table(
    "agents",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("stage", String(16), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("workdir", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("backend", String(64)),
    Column("model", String(200)),
    Column("parent", String(64)),
    Column("role", String(200)),
    Column("task", Text),
    Column("first_message", Text),
    Column("delivery", String(16), nullable=False),
    Column("delivery_problem", Text),
    Column("status", Text),
    Column("state_dir", Text),
    Column("exit_status", Integer),
    Column("exit_signal", Integer),
    Column("ended_at", Float),
    Column("end_reason", Text),
    Column("last_screen", Text),
    Column("repository", Text),
    Column("branch", Text),
)


@dataclass(frozen=True)
class AgentRecord:
    """One agent. Times are seconds since the epoch.

    `delivery` is how far the first message has come: `sending` is written before the paste and `entering` before
    Enter, so that after a crash nothing is typed twice. `status` is the agent's own report. `state_dir` is where
    its program publishes its live state, if it does. An agent with a worktree of its own works in `workdir`, on
    `branch` of `repository`.
    """

    name: str
    stage: Stage
    created_at: float
    workdir: str
    command: str
    backend: str | None = None
    model: str | None = None
    parent: str | None = None
    role: str | None = None
    task: str | None = None
    first_message: str | None = None
    delivery: Delivery = "none"
    delivery_problem: str | None = None
    status: str | None = None
    state_dir: str | None = None
    exit_status: int | None = None
    exit_signal: int | None = None
    ended_at: float | None = None
    end_reason: str | None = None
    last_screen: str | None = None
    repository: str | None = None
    branch: str | None = None


def insert(connection: Connection, record: AgentRecord) -> None:
    connection.execute(agents_table.insert().values(**asdict(record)))


def load_all(connection: Connection) -> list[AgentRecord]:
    """All agents, living and ended, by name."""
    rows = connection.execute(sqlalchemy.select(agents_table).order_by(agents_table.c.name))
    return [AgentRecord(**row._mapping) for row in rows]


def update(connection: Connection, name: str, values: dict[str, Any]) -> None:
    """Change some columns of one agent; nothing when it is gone."""
    connection.execute(agents_table.update().where(agents_table.c.name == name).values(**values))


def remove(connection: Connection, name: str, heir: str | None) -> None:
    """Forget an agent; its children become children of `heir`."""
    connection.execute(agents_table.update().where(agents_table.c.parent == name).values(parent=heir))
    connection.execute(agents_table.delete().where(agents_table.c.name == name))
