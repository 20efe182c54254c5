"""Who is in the fleet: the records in memory, each change written to the store before it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from omar_daemon.fleet.errors import NameTaken, UnknownAgent
from omar_daemon.fleet.launch import short_name
from omar_daemon.fleet.processes import Process
from omar_daemon.store import agents as room
from omar_daemon.store.agents import AgentRecord
from omar_daemon.store.engine import Store


@dataclass(eq=False)
class Agent:
    """One agent while the daemon runs.

    `decided` is set once its start has succeeded or failed. `session_id` is the tmux session its spawn made.
    `turn` keeps deliveries to its pane in order. `ready` is set once its program was seen to take input. `ending`
    is set while it is being removed. `introduction` is the task that brings its first message. `typed` is what was
    sent and not submitted since. `restoration` puts back a draft that could not be put back at once. `family` are
    the processes it had when it was killed.
    """

    record: AgentRecord
    decided: asyncio.Event = field(default_factory=asyncio.Event)
    session_id: str | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    ready: bool = False
    ending: bool = False
    introduction: asyncio.Task[None] | None = None
    typed: str = ""
    restoration: asyncio.Task[None] | None = None
    family: list[Process] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.record.name


class Roster:
    """Agents by short name. The daemon is the store's only writer of agents, so reads are from memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._agents: dict[str, Agent] = {}

    async def load(self) -> None:
        for record in await asyncio.to_thread(self._load):
            agent = self._agents[record.name] = Agent(record)
            agent.decided.set()

    def all(self) -> list[Agent]:
        """Every agent, by name."""
        return [self._agents[name] for name in sorted(self._agents)]

    def find(self, name: str) -> Agent | None:
        return self._agents.get(short_name(name))

    def get(self, name: str) -> Agent:
        """The agent with this short or full name; UnknownAgent."""
        found = self.find(name)
        if found is None:
            raise UnknownAgent(f"Agent '{name}' not found.")
        return found

    def children(self, name: str) -> list[Agent]:
        return [agent for agent in self.all() if agent.record.parent == name]

    def free_number(self, reserved: Collection[str]) -> str:
        """The smallest number that is no agent's name and not `reserved`."""
        number = 1
        while str(number) in self._agents or str(number) in reserved:
            number += 1
        return str(number)

    async def add(self, record: AgentRecord) -> Agent:
        """Take the name at once, then store it; NameTaken."""
        if record.name in self._agents:
            state = (
                "has ended; kill it first" if self._agents[record.name].record.stage == "ended" else "already exists"
            )
            raise NameTaken(f"Agent '{record.name}' {state}.")
        agent = self._agents[record.name] = Agent(record)
        try:
            await asyncio.to_thread(self._insert, record)
        except BaseException:
            self._agents.pop(record.name, None)
            agent.ending = True
            agent.decided.set()
            raise
        if record.stage != "starting":
            agent.decided.set()
        return agent

    async def change(self, agent: Agent, **values: Any) -> None:
        """Change columns in memory at once, and in the store before this returns."""
        agent.record = replace(agent.record, **values)
        await asyncio.to_thread(self._update, agent.name, values)

    async def remove(self, agent: Agent) -> int:
        """Forget an agent; its children go to its parent. Returns how many there were."""
        heir = agent.record.parent
        orphans = self.children(agent.name)
        for orphan in orphans:
            orphan.record = replace(orphan.record, parent=heir)
        await asyncio.to_thread(self._remove, agent.name, heir)
        if self._agents.get(agent.name) is agent:
            self._agents.pop(agent.name)
        return len(orphans)

    def _load(self) -> list[AgentRecord]:
        with self._store.read() as connection:
            return room.load_all(connection)

    def _insert(self, record: AgentRecord) -> None:
        with self._store.write() as connection:
            room.insert(connection, record)

    def _update(self, name: str, values: dict[str, Any]) -> None:
        with self._store.write() as connection:
            room.update(connection, name, values)

    def _remove(self, name: str, heir: str | None) -> None:
        with self._store.write() as connection:
            room.remove(connection, name, heir)
