"""The first message of an agent: brought when its program is ready, and again after a crash only if it is missing."""

from __future__ import annotations

import asyncio
import logging

from omar_daemon.fleet.delivery import Courier, Target
from omar_daemon.fleet.errors import AgentDead, DeliveryFailed, TmuxError
from omar_daemon.fleet.roster import Agent, Roster
from omar_daemon.store.agents import Delivery
from shared.errors import OmaError

log = logging.getLogger("omar.fleet")


class Introducer:
    """Starts one task per agent; its progress is stored step by step as the record's `delivery`."""

    def __init__(self, roster: Roster, courier: Courier) -> None:
        self._roster = roster
        self._courier = courier

    def begin(self, agent: Agent, target: Target) -> None:
        """Bring the first message of a newly spawned agent."""
        agent.introduction = asyncio.create_task(self._run(agent, target))

    def resume(self, agent: Agent, target: Target) -> None:
        """Take up what a killed daemon left half done."""
        if agent.record.delivery in ("pending", "sending", "entering"):
            agent.introduction = asyncio.create_task(self._run(agent, target))

    async def _run(self, agent: Agent, target: Target) -> None:
        try:
            await self._bring(agent, target)
        except AgentDead:
            await self._fail(agent, "the agent ended before its first message arrived")
        except (DeliveryFailed, TmuxError) as error:
            await self._fail(agent, error.message)
        except OmaError as error:
            log.warning("first message of %s: %s", agent.name, error.message)
            await self._fail(agent, error.message)

    async def _bring(self, agent: Agent, target: Target) -> None:
        stage = agent.record.delivery
        message = agent.record.first_message or ""
        await self._courier.wait_ready(target)
        agent.ready = True
        async with agent.turn:
            if stage == "pending" or not await self._courier.shows(target, message):
                await self._courier.deliver(
                    target, message, enter=True, phase=lambda reached: self._reach(agent, reached)
                )
            elif stage == "sending" or await self._courier.still_in_input(target, message):
                await self._courier.submit(target, message, certain=True)
        await self._roster.change(agent, delivery="delivered", delivery_problem=None)

    async def _reach(self, agent: Agent, reached: Delivery) -> None:
        await self._roster.change(agent, delivery=reached)

    async def _fail(self, agent: Agent, why: str) -> None:
        if not agent.ending:
            await self._roster.change(agent, delivery="failed", delivery_problem=why)
