"""Ending agents: the session first, then everything below it that may still grow, then what is written of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from omar_daemon.fleet import processes, worktrees
from omar_daemon.fleet.channel import Channel
from omar_daemon.fleet.roster import Agent, Roster
from omar_daemon.fleet.spawner import remove_files
from omar_daemon.fleet.watch import Watch

LAST_WORDS_SECONDS = 3.0

Removed = Callable[[str], Coroutine[Any, Any, int]]
Later = Callable[[Coroutine[Any, Any, None]], None]


@dataclass
class Ended:
    """What one kill did: the agents it ended, their events that were cancelled, children that got a new parent."""

    agents: list[Agent] = field(default_factory=list)
    events: int = 0
    orphans: int = 0


class Ender:
    """`on_removed` is told each short name and returns how many events it cancelled; `later` runs a chore."""

    def __init__(
        self, roster: Roster, watch: Watch, actor: Channel, on_removed: list[Removed], later: Later, umask: int
    ) -> None:
        self._roster = roster
        self._watch = watch
        self._actor = actor
        self._on_removed = on_removed
        self._later = later
        self._umask = umask

    async def end(self, agent: Agent, *, tree: bool) -> Ended:
        """End an agent, with `tree` everything below it too. TmuxError: what is left of it is still listed."""
        ended = Ended()
        await self._end(agent, ended, tree=tree)
        return ended

    async def remove_worktree(self, agent: Agent) -> dict[str, Any]:
        """When the agent's programs have left it, or were made to."""
        deadline = time.monotonic() + LAST_WORDS_SECONDS + 1.0
        left = await asyncio.to_thread(processes.living, agent.family)
        while left and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
            left = await asyncio.to_thread(processes.living, agent.family)
        return await asyncio.to_thread(worktrees.remove, agent.record, self._umask)

    async def _end(self, agent: Agent, ended: Ended, *, tree: bool) -> None:
        agent.ending = True
        try:
            await self._hang_up(agent)
            if tree:
                await self._end_children(agent, ended)
        except BaseException:
            agent.ending = False
            raise
        ended.agents.append(agent)
        ended.orphans += await self._roster.remove(agent)
        await asyncio.to_thread(remove_files, agent.name)
        for callback in self._on_removed:
            ended.events += await callback(agent.name)

    async def _end_children(self, agent: Agent, ended: Ended) -> None:
        """The agent can spawn no more; what it had begun to spawn is awaited."""
        while children := [child for child in self._roster.children(agent.name) if not child.ending]:
            for child in children:
                if child.record.stage == "starting":
                    await child.decided.wait()
                if not child.ending:
                    await self._end(child, ended, tree=True)

    async def _hang_up(self, agent: Agent) -> None:
        for task in (agent.introduction, agent.restoration):
            if task is not None:
                task.cancel()
        view = self._watch.view(agent.name)
        if view is None:
            return
        family = await asyncio.to_thread(processes.tree, view.pane.pid) if not view.pane.dead else []
        await self._actor.batch([("kill-session", "-t", view.pane.session_id)])
        self._watch.forget(agent.name)
        agent.family = family
        self._later(_reap(family))


async def _reap(family: list[processes.Process]) -> None:
    """What does not leave when its terminal hangs up is killed; until then it may finish its log."""
    try:
        await asyncio.sleep(LAST_WORDS_SECONDS)
    finally:
        # Also when the daemon leaves earlier.
        await asyncio.to_thread(processes.kill_left, family)
