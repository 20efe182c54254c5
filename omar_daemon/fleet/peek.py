"""Looking at the agents while no daemon runs: the store and tmux are read, nothing is changed."""

from __future__ import annotations

import time
from typing import Any

from omar_daemon.fleet import environment, kept, panes, screen, views
from omar_daemon.fleet.connection import Reply, SubprocessConnection
from omar_daemon.fleet.errors import TmuxError, TmuxMissing, UnknownAgent
from omar_daemon.fleet.launch import short_name
from omar_daemon.fleet.options import Options, from_settings
from omar_daemon.fleet.roster import Agent
from omar_daemon.fleet.watch import View
from omar_daemon.store.agents import AgentRecord, load_all
from omar_daemon.store.at_rest import store_at_rest
from shared.config import Config


class Peek:
    """One look at everything there is, in the words of the HTTP surface."""

    def __init__(self, settings: Config) -> None:
        self._options: Options = from_settings(settings, "")
        self._connection = SubprocessConnection(self._options.socket, environment.server_environment())
        records = {record.name: record for record in _records(settings)}
        found = self._panes(is_awaited=any(record.stage == "running" for record in records.values()))
        for name, pane in found.items():
            records.setdefault(name, AgentRecord(name, "running", float(pane.created), "", ""))
        self._agents = {name: Agent(record) for name, record in records.items() if record.stage != "starting"}
        self._views = self._look(found)
        self._now = time.time()

    def overview(self) -> dict[str, Any]:
        """`{agents, manager}` as GET /api/agents answers."""
        lines = {name: self._brief(agent) for name, agent in sorted(self._agents.items())}
        manager = lines.pop(panes.MANAGER, None)
        return {"agents": list(lines.values()), "manager": views.manager_line(manager)}

    def detail(self, name: str, lines: int) -> dict[str, Any]:
        """One agent as GET /api/agents/:id answers; UnknownAgent."""
        agent = self._agents.get(short_name(name))
        if agent is None:
            raise UnknownAgent(f"Agent '{name}' not found.", hint="`omar list` shows the agents.")
        children = sorted(one.name for one in self._agents.values() if one.record.parent == agent.name)
        view = self._views.get(agent.name)
        tail, left = self._tail(agent, lines), kept.files(agent.name)
        return views.detail(agent, view, self._brief(agent), tail, children, left)

    def _panes(self, *, is_awaited: bool) -> dict[str, panes.Pane]:
        """The panes of agents; TmuxMissing when one is awaited there, for nobody knows then whether it lives."""
        try:
            listed = self._ask(("list-panes", "-a", "-F", panes.FORMAT))
        except TmuxMissing:
            if is_awaited:
                raise
            return {}
        except TmuxError:
            return {}
        return {pane.name: pane for pane in panes.parse(listed.lines).values()}

    def _look(self, found: dict[str, panes.Pane]) -> dict[str, View]:
        wanted = [pane for name, pane in found.items() if name in self._agents]
        replies = self._connection.batch([("capture-pane", "-p", "-t", pane.pane_id) for pane in wanted])
        return {pane.name: self._view(pane, reply) for pane, reply in zip(wanted, replies, strict=True)}

    def _view(self, pane: panes.Pane, reply: Reply) -> View:
        backend = self._options.registry.get(self._agents[pane.name].record.backend)
        reading = screen.read(reply.lines, (pane.cursor_x, pane.cursor_y), backend, self._options.errors)
        return View(pane, reading, float(pane.activity))

    def _brief(self, agent: Agent) -> dict[str, Any]:
        view = self._views.get(agent.name)
        state = views.health_of(agent, view, self._options.thresholds, None, self._now)
        return views.brief(agent, view, state, self._now)

    def _tail(self, agent: Agent, lines: int) -> str:
        view = self._views.get(agent.name)
        if view is None:
            return views.tail_text((agent.record.last_screen or "").splitlines(), lines)
        captured = self._ask(("capture-pane", "-p", "-J", "-S", f"-{lines}", "-t", view.pane.pane_id))
        return views.tail_text(captured.lines, lines)

    def _ask(self, command: tuple[str, ...]) -> Reply:
        return self._connection.batch([command])[0]


def _records(settings: Config) -> list[AgentRecord]:
    """What the store remembers."""
    with store_at_rest(settings) as store:
        if store is None:
            return []
        with store.read() as connection:
            return load_all(connection)
