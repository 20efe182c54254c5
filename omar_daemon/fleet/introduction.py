"""The first message of an agent: brought when its program is ready, and again after a crash only if it is missing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from omar_daemon.fleet.courtesy import HOLD_SECONDS, Courtesy
from omar_daemon.fleet.delivery import Courier, Target
from omar_daemon.fleet.errors import AgentDead, DeliveryFailed, InputOccupied, TmuxError
from omar_daemon.fleet.roster import Agent, Roster
from omar_daemon.store.agents import Delivery
from shared.errors import OmaError

log = logging.getLogger("omar.fleet")


class Introducer:
    """Starts one task per agent; its progress is stored step by step as the record's `delivery`."""

    def __init__(
        self, roster: Roster, courier: Courier, courtesy: Courtesy, is_attached: Callable[[Agent], Awaitable[bool]]
    ) -> None:
        self._roster = roster
        self._courier = courier
        self._courtesy = courtesy
        self._is_attached = is_attached

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
        if stage == "pending" or not await self._finish(agent, target, message):
            await self._deliver(agent, target, message)
        await self._roster.change(agent, delivery="delivered", delivery_problem=None)

    async def _finish(self, agent: Agent, target: Target, message: str) -> bool:
        """Whether the screen shows what an earlier daemon had typed; what it had not submitted is submitted."""
        async with agent.turn:
            if not await self._courier.shows(target, message):
                return False
            if agent.record.delivery == "sending" or await self._courier.still_in_input(target, message):
                await self._courier.submit(target, message, certain=True)
        return True

    async def _deliver(self, agent: Agent, target: Target, message: str) -> None:
        """As soon as nothing in the input is in its way; until then the record says what it is."""
        while True:
            try:
                await self._courtesy.wait_for_person(agent, target, lambda: self._is_attached(agent))
                async with agent.turn, self._courtesy.aside(agent, target):
                    await self._courier.deliver(
                        target, message, enter=True, phase=lambda reached: self._reach(agent, reached)
                    )
                return
            except InputOccupied as error:
                if agent.record.delivery_problem != error.message:
                    await self._roster.change(agent, delivery_problem=error.message)
            await asyncio.sleep(HOLD_SECONDS)

    async def _reach(self, agent: Agent, reached: Delivery) -> None:
        await self._roster.change(agent, delivery=reached)

    async def _fail(self, agent: Agent, why: str) -> None:
        if not agent.ending:
            await self._roster.change(agent, delivery="failed", delivery_problem=why)
