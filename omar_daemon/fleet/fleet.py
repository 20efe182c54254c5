"""The fleet: every agent of one daemon, alive in its private tmux server or ended and kept for a look."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from omar_daemon.fleet import control, environment, kept, live_state, panes, server, spool, views
from omar_daemon.fleet.backends import Backend
from omar_daemon.fleet.channel import Channel
from omar_daemon.fleet.connection import SubprocessConnection
from omar_daemon.fleet.control import SteadyReader
from omar_daemon.fleet.courtesy import Courtesy
from omar_daemon.fleet.delivery import QUIET_LIMIT_SECONDS, Courier, Phase, Target
from omar_daemon.fleet.ending import Ender, Removed
from omar_daemon.fleet.errors import AgentDead, DeliveryFailed, InputOccupied, KillRefused, TmuxError, UnknownAgent
from omar_daemon.fleet.feed import Feed, News
from omar_daemon.fleet.health import Health
from omar_daemon.fleet.introduction import Introducer
from omar_daemon.fleet.launch import SpawnRequest, short_name
from omar_daemon.fleet.live_state import Reported
from omar_daemon.fleet.options import Options
from omar_daemon.fleet.probe import Probe
from omar_daemon.fleet.roster import Agent, Roster
from omar_daemon.fleet.spawner import Spawner
from omar_daemon.fleet.upkeep import Upkeep
from omar_daemon.fleet.watch import View, Watch
from omar_daemon.store.engine import Store
from shared import durable, paths

log = logging.getLogger("omar.fleet")

FRESH_SECONDS = 0.1
BEARABLE_SECONDS = 0.25
READY_AGE_SECONDS = 15.0


class Fleet:
    """All methods are coroutines of one event loop; tmux, files and the store are reached through threads.

    `on_removed` holds what must happen when an agent is killed (its events, the computer lock); each is given the
    short name and returns how many events it cancelled. `briefing` tells a new manager how things stand.
    """

    def __init__(self, store: Store, options: Options) -> None:
        self.options = options
        self.on_removed: list[Removed] = []
        self.briefing: Callable[[], Awaitable[str]] | None = None
        self.probe = Probe(options.registry)
        self.roster = Roster(store)
        surroundings = environment.server_environment()
        self._connection = connection = SubprocessConnection(options.socket, surroundings)
        self._reader = Channel(SteadyReader(connection, server.KEEPER, surroundings), "read")
        self._actor = Channel(connection, "act")
        self.watch = Watch(self._reader, self._backend_of, options.errors, self._has_running_agents)
        self.courier = Courier(self._reader, self._actor)
        self._courtesy = Courtesy(self._reader, self._actor, self.courier)
        self._spawner = Spawner(options, self.roster, self.watch, self._actor, connection)
        self._introducer = Introducer(self.roster, self.courier, self._courtesy, self._is_attached)
        self._chores: set[asyncio.Task[None]] = set()
        self._ender = Ender(self.roster, self.watch, self._actor, self.on_removed, self._later, options.umask)
        self._upkeep = Upkeep(self.roster, self.watch, self._reader, self._actor, self._later, options.umask)
        self._reported: dict[str, Reported] = {}
        self._feeds: dict[str, Feed] = {}
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Adopt every live session and go on where a killed daemon stopped. Without tmux the daemon still serves."""
        await self.roster.load()
        await asyncio.to_thread(spool.sweep)
        await asyncio.to_thread(control.end_abandoned)
        try:
            await self._spawner.ensure_server()
            await self.watch.refresh(0.0)
            await self._upkeep.adopt()
        except TmuxError as error:
            log.warning("%s", error.message)
        for agent in self.roster.all():
            await self._resume(agent)
        self._loop = asyncio.create_task(self._upkeep.run())

    async def stop(self) -> None:
        """Leave the agents running; what is half delivered is taken up at the next start. Without any agent the
        tmux server ends too."""
        introductions = [agent.introduction for agent in self.roster.all() if agent.introduction]
        restorations = [agent.restoration for agent in self.roster.all() if agent.restoration]
        tasks = [task for task in (self._loop, *introductions, *restorations, *self._chores) if task is not None]
        for task in tasks:
            task.cancel()
        for feed in self._feeds.values():
            feed.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._reader.close()
        await self._actor.close()
        with contextlib.suppress(TmuxError):
            await asyncio.to_thread(server.end_if_empty, self._connection)

    async def spawn(self, request: SpawnRequest) -> dict[str, Any]:
        """Start an agent; `{id, status, session, created_at}`. Raises the fleet's errors."""
        if self.briefing is not None and short_name(request.name or "") == panes.MANAGER:
            request = replace(request, briefing=await self.briefing())
        agent = await self._spawner.spawn(request)
        if agent.record.delivery == "pending":
            self._introducer.begin(agent, self._target(agent))
        return views.spawned(agent)

    async def overview(self, *, parent: str | None = None, state: Health | None = None) -> dict[str, Any]:
        """`{agents, manager}`; optionally only the children of `parent`, or those of one health."""
        await self.watch.follow(FRESH_SECONDS, BEARABLE_SECONDS)
        await self._take_notice()
        now = time.time()
        lines = [(agent, self._brief(agent, now)) for agent in self.roster.all() if self._is_shown(agent)]
        manager = next((line for agent, line in lines if agent.name == panes.MANAGER), None)
        wanted_parent = short_name(parent) if parent is not None else None
        agents = [
            line
            for agent, line in lines
            if agent.name != panes.MANAGER
            and (wanted_parent is None or line["parent"] == wanted_parent)
            and (state is None or line["health"] == state)
        ]
        return {"agents": agents, "manager": views.manager_line(manager)}

    async def detail(self, name: str, lines: int) -> dict[str, Any]:
        """One agent with the last `lines` lines of its output; UnknownAgent."""
        agent = await self._addressed(name)
        await self._refresh(FRESH_SECONDS)
        tail = await self._tail(agent, lines)
        line = self._brief(agent, time.time())
        children = [child.name for child in self.roster.children(agent.name)]
        drafts = await asyncio.to_thread(kept.files, agent.name)
        return views.detail(agent, self.watch.view(agent.name), line, tail, children, drafts)

    async def summary(self, name: str) -> dict[str, Any]:
        """`{id, health, task, status, children}`; UnknownAgent."""
        agent = await self._addressed(name)
        await self._refresh(FRESH_SECONDS)
        now = time.time()
        living = [child.name for child in self.roster.children(agent.name) if self._health(child, now) != "dead"]
        return {
            "id": agent.name,
            "health": self._health(agent, now),
            "task": agent.record.task,
            "status": await self._reported_status(agent),
            "children": living,
        }

    async def follow(self, name: str, last_id: str | None = None) -> AsyncIterator[News | None]:
        """What the agent does from now on (or after `last_id`), until it ends; UnknownAgent."""
        agent = await self._addressed(name)
        self._feeds = {one: feed for one, feed in self._feeds.items() if not feed.is_forgotten}
        feed = self._feeds.get(agent.name)
        if feed is None or (feed.ended and not feed.knows(last_id)):
            feed = Feed(agent.name, self.watch, self._reader, lambda: self._facts(agent))
            self._feeds[agent.name] = feed
        return feed.follow(last_id)

    async def _facts(self, agent: Agent) -> dict[str, Any] | None:
        if not self._is_shown(agent) or self.roster.find(agent.name) is not agent:
            return None
        await self._refresh(FRESH_SECONDS)
        return self._brief(agent, time.time())

    async def set_status(self, name: str, status: str) -> None:
        """Keep an agent's own report, in the store and in `~/.omar/status/<session>.md`; UnknownAgent."""
        agent = await self._addressed(name)
        await self.roster.change(agent, status=status)
        await asyncio.to_thread(durable.write_atomic, _status_file(agent.name), status)

    async def send(self, name: str, text: str, *, enter: bool, raw: bool = False, force: bool = False) -> None:
        """Type a text into an agent; one that is submitted goes round a draft in the input box of a known program,
        unless `force`. Raises UnknownAgent, AgentDead, InputOccupied, InvalidRequest, DeliveryFailed."""
        agent = await self._addressed(name)
        await self._refresh(FRESH_SECONDS)
        view = self._living_view(agent)
        target = self._target(agent)
        if not raw and not agent.ready and view.reading.question is None:
            await self._settle(agent, view, target)
        as_by_hand = raw or force or not (text and enter)
        if not as_by_hand:
            await self._courtesy.wait_for_return(agent, target)
        async with agent.turn:
            try:
                async with contextlib.nullcontext() if as_by_hand else self._courtesy.round(agent, target, agent.typed):
                    await self.courier.deliver(target, text, enter=enter, raw=raw)
                agent.typed = "" if enter or raw else agent.typed + text
            except InputOccupied as held:
                raise InputOccupied(
                    f"Nothing was sent to agent '{name}'. {held.message}", hint="With force it is typed all the same."
                ) from held
            finally:
                self.watch.outdate()

    async def check_exists(self, name: str) -> None:
        """UnknownAgent unless there is an agent of this name, alive or dead."""
        await self._addressed(name)

    async def deliver(self, name: str, text: str, phase: Phase) -> None:
        """Bring an event to an agent: behind its first message, not into a person's typing or a question.

        `phase` is told `sending` right before anything is typed. Raises UnknownAgent, AgentDead, DeliveryFailed, and
        InputOccupied when nothing may be typed now.
        """
        agent = await self._addressed(name)
        await self._introduced(agent)
        await self._refresh(FRESH_SECONDS)
        view, target = self._living_view(agent), self._target(agent)
        if not agent.ready:
            await self._settle(agent, view, target)
        await self._courtesy.wait_for_person(agent, target, lambda: self._is_attached(agent))
        async with agent.turn:
            try:
                async with self._courtesy.aside(agent, target):
                    await self.courier.deliver(target, text, enter=True, phase=phase)
            finally:
                self.watch.outdate()

    async def _introduced(self, agent: Agent) -> None:
        """Wait for the first message to arrive; InputOccupied when that one may not be typed either."""
        while agent.introduction is not None and not agent.introduction.done():
            if agent.record.delivery_problem is not None:
                raise InputOccupied(agent.record.delivery_problem)
            await asyncio.wait({agent.introduction}, timeout=1.0)

    async def submit_standing(self, name: str, text: str) -> bool:
        """Submit a text that an earlier daemon had typed and not submitted; whether it stood there."""
        agent = await self._addressed(name)
        await self._refresh(FRESH_SECONDS)
        self._living_view(agent)
        target = self._target(agent)
        async with agent.turn:
            if not await self.courier.still_in_input(target, text, readable=True):
                return False
            await self.courier.submit(target, text, certain=True)
            self.watch.outdate()
        return True

    async def _is_attached(self, agent: Agent) -> bool:
        await self._refresh(FRESH_SECONDS)
        return self._living_view(agent).pane.attached > 0

    def _living_view(self, agent: Agent) -> View:
        view = self.watch.view(agent.name)
        if view is None or view.pane.dead or agent.record.stage == "ended" or agent.ending:
            raise AgentDead(f"Agent '{agent.name}' is dead; nothing can be sent to it.")
        return view

    async def kill(self, name: str, *, force: bool = False, tree: bool = False) -> dict[str, Any]:
        """End an agent (and with `tree` everything below it); `{events_cancelled, children_orphaned}`, and
        `worktrees` when there were any: `[{path, branch, removed, reason}]`.

        Raises UnknownAgent, and KillRefused for the manager or when a person is attached, unless `force`.
        """
        agent = await self._addressed(name)
        await self._refresh(0.0)
        for one in self._family(agent) if tree else [agent]:
            self._check_killable(one, force)
        if agent.ending:
            raise UnknownAgent(f"Agent '{name}' not found.")
        ended = await self._ender.end(agent, tree=tree)
        totals: dict[str, Any] = {"events_cancelled": ended.events, "children_orphaned": ended.orphans}
        owners = [one for one in ended.agents if one.record.repository is not None]
        if owners:
            totals["worktrees"] = [await self._ender.remove_worktree(one) for one in owners]
        return totals

    def _later(self, chore: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(chore)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    def _check_killable(self, agent: Agent, force: bool) -> None:
        if agent.name == panes.MANAGER:
            raise KillRefused("Cannot kill the manager through the API; attach to it and end it there.")
        view = self.watch.view(agent.name)
        if view is not None and view.pane.attached and not force:
            raise KillRefused(f"A person is attached to agent '{agent.name}'; use force to kill it all the same.")

    def _family(self, agent: Agent) -> list[Agent]:
        """The agent and everything below it, parents first."""
        family = [agent]
        for one in family:
            family += [child for child in self.roster.children(one.name) if child not in family]
        return family

    async def _settle(self, agent: Agent, view: View, target: Target) -> None:
        """Before the first text: an agent that just started may not listen yet."""
        now = time.time()
        quiet = now - view.output_at > 2.0 and now - agent.record.created_at > READY_AGE_SECONDS
        if not quiet:
            with contextlib.suppress(TimeoutError, DeliveryFailed):
                await asyncio.wait_for(self.courier.wait_ready(target), QUIET_LIMIT_SECONDS)
        agent.ready = True

    async def _refresh(self, max_age: float) -> None:
        await self.watch.refresh(max_age)
        await self._take_notice()

    async def _take_notice(self) -> None:
        await self._upkeep.notice()
        self._reported = await asyncio.to_thread(self._read_states) if self._publishers() else {}

    def _publishers(self) -> list[tuple[str, str, int]]:
        """Agents whose program publishes its live state: (name, directory, pid)."""
        found = []
        for agent in self.roster.all():
            view = self.watch.view(agent.name)
            if agent.record.state_dir and view is not None and not view.pane.dead:
                found.append((agent.name, agent.record.state_dir, view.pane.pid))
        return found

    def _read_states(self) -> dict[str, Reported]:
        states = {name: live_state.read(directory, pid) for name, directory, pid in self._publishers()}
        return {name: state for name, state in states.items() if state is not None}

    def _health(self, agent: Agent, now: float) -> Health:
        view = self.watch.view(agent.name)
        return views.health_of(agent, view, self.options.thresholds, self._reported.get(agent.name), now)

    def _brief(self, agent: Agent, now: float) -> dict[str, Any]:
        return views.brief(agent, self.watch.view(agent.name), self._health(agent, now), now)

    async def _tail(self, agent: Agent, lines: int) -> str:
        view = self.watch.view(agent.name)
        if view is not None:
            capture = ("capture-pane", "-p", "-J", "-S", f"-{lines}", "-t", view.pane.pane_id)
            reply = (await self._reader.batch([capture]))[0]
            if reply.error is None:
                return views.tail_text(reply.lines, lines)
        return views.tail_text((agent.record.last_screen or "").splitlines(), lines)

    async def _reported_status(self, agent: Agent) -> str | None:
        """The status file wins over the store: agents and people may write it by hand."""
        text = await asyncio.to_thread(_read_text, _status_file(agent.name))
        text = agent.record.status if text is None else text
        return text if text and text.strip() else None

    async def _resume(self, agent: Agent) -> None:
        view = self.watch.view(agent.name)
        if view is None or view.pane.dead:
            await self._courtesy.give_up(agent)
            return
        agent.ready = time.time() - agent.record.created_at > READY_AGE_SECONDS
        target = self._target(agent)
        self._introducer.resume(agent, target)
        self._courtesy.restore(agent, target)

    def _target(self, agent: Agent) -> Target:
        view = self.watch.view(agent.name)
        if view is None:
            raise AgentDead(f"Agent '{agent.name}' has ended.")
        return Target(agent.name, view.pane.pane_id, view.pane.pid, self._backend_of(agent.name))

    def _has_running_agents(self) -> bool:
        return any(agent.record.stage == "running" for agent in self.roster.all())

    def _backend_of(self, name: str) -> Backend | None:
        agent = self.roster.find(name)
        return self.options.registry.get(agent.record.backend) if agent is not None else None

    async def _addressed(self, name: str) -> Agent:
        """The agent of this name, alive or dead; UnknownAgent. One whose start is being watched is waited for: its
        program runs by then, and it, or a child of it, may be the one who asks."""
        agent = self.roster.get(name)
        await agent.decided.wait()
        if not self._is_shown(agent):
            raise UnknownAgent(f"Agent '{name}' not found.")
        return agent

    @staticmethod
    def _is_shown(agent: Agent) -> bool:
        return agent.record.stage != "starting" and not agent.ending


def _status_file(name: str) -> Path:
    return paths.status_dir() / f"{panes.PREFIX}{name}.md"


def _read_text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
