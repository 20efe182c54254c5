"""The scheduler: what is due is brought to its agents, side by side; what cannot be brought is kept with the reason.

An event is on the disk before its request is answered. Before a delivery types anything the event is marked as
begun, and only when the agent has taken it is it done: a daemon that is killed in between delivers it again and says
so. A recurring event keeps its id and its plan: the next time is counted from the planned one, not from the delivery.
While the store takes no writes, what has arrived is written down later, and nothing new is begun.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from sqlalchemy.exc import DBAPIError

from omar_daemon.events import texts
from omar_daemon.events.errors import EventConflict, NotWritten, UnknownEvent
from omar_daemon.events.ledger import Ledger
from omar_daemon.events.listing import listed
from omar_daemon.events.requests import EventRequest, build
from omar_daemon.fleet.courtesy import HOLD_SECONDS
from omar_daemon.fleet.errors import AgentDead, InputOccupied, InvalidRequest, UnknownAgent
from omar_daemon.fleet.fleet import Fleet
from omar_daemon.store.engine import Store
from omar_daemon.store.events import EventRecord
from shared.errors import OmaError

log = logging.getLogger("omar.events")

LOOK_SECONDS = 0.5
"""The longest sleep while something waits: a wall clock that was set is noticed within it."""
ATTEMPTS = 3
RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 30.0
DRAIN_SECONDS = 3.0
REMEMBERED_NS = 24 * 3600 * 10**9
"""How long a delivered event's id is known, so that a request sent again is not a second event."""
DEAD_KEPT_NS = 30 * 24 * 3600 * 10**9
FORGET_SECONDS = 60.0


class Withdrawn(Exception):
    """An event of the text was cancelled before anything was typed."""


class Scheduler:
    def __init__(self, store: Store, fleet: Fleet) -> None:
        self._ledger = Ledger(store)
        self._fleet = fleet
        self._wake = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._postmen: dict[str, asyncio.Task[None]] = {}
        self._typing: set[str] = set()
        self._held: dict[str, str] = {}
        self._arriving: dict[str, asyncio.Task[EventRecord]] = {}
        self._created = 0
        self._stopping = False
        self._forgot_at = float("-inf")

    async def start(self) -> None:
        """Take up every event that waits; the fleet must have been started."""
        await self._ledger.load()
        self._fleet.on_removed.append(self.cancel_for)
        self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Let what is being typed come to its end; everything else waits for the next start."""
        self._stopping = True
        if self._loop is not None:
            self._loop.cancel()
        typing = [task for receiver, task in self._postmen.items() if receiver in self._typing]
        for task in self._postmen.values():
            if task not in typing:
                task.cancel()
        if typing:
            await asyncio.wait(typing, timeout=DRAIN_SECONDS)
        for task in self._postmen.values():
            task.cancel()
        await asyncio.gather(*self._postmen.values(), return_exceptions=True)
        await self._ledger.close()

    async def schedule(self, request: EventRequest) -> dict[str, Any]:
        """Keep an event; `{id, timestamp}`. The same request with the same id again is the same event.

        Raises InvalidEvent, EventConflict, and UnknownAgent unless `allow_missing`.
        """
        if request.id is not None and (known := await self._known(request)) is not None:
            return {"id": known.id, "timestamp": known.timestamp}
        now = time.time_ns()
        record = build(request, now=now, created_at=self._order(now))
        arrival = asyncio.create_task(self._keep(record, check_receiver=not request.allow_missing))
        self._arriving[record.id] = arrival
        arrival.add_done_callback(lambda _: self._arriving.pop(record.id, None))
        await asyncio.shield(arrival)
        self._wake.set()
        return {"id": record.id, "timestamp": record.timestamp}

    def listing(self, *, receiver: str | None = None, state: str = "waiting") -> list[dict[str, Any]]:
        """The events that wait (or are `dead`), in the order in which they are due."""
        return listed(self._ledger.all(), receiver=receiver, state=state, held=self._held)

    async def cancel(self, identifier: str) -> None:
        """Take an event off the list; UnknownEvent when it is none, or is just being typed for the last time."""
        record = self._ledger.find(identifier)
        if record is None or record.stage == "delivered":
            raise UnknownEvent(f"Event '{identifier}' not found.")
        if record.begun and record.receiver in self._typing and record.recurring_ns is None:
            raise UnknownEvent(f"Event '{identifier}' is being delivered.")
        await self._ledger.remove([record])

    async def cancel_for(self, name: str) -> int:
        """Cancel all that waits for an agent that was killed; returns how many there were."""
        records = self._ledger.waiting_for(name)
        if records:
            await self._ledger.remove(records)
        return len(records)

    async def _known(self, request: EventRequest) -> EventRecord | None:
        identifier = str(request.id)
        if identifier in self._arriving:
            with contextlib.suppress(Exception):
                await asyncio.shield(self._arriving[identifier])
        known = self._ledger.find(identifier)
        if known is not None and known.digest != request.digest():
            raise EventConflict(f"Event '{identifier}' exists with another content.")
        return known

    async def _keep(self, record: EventRecord, *, check_receiver: bool) -> EventRecord:
        if check_receiver:
            await self._fleet.check_exists(record.receiver)
        await self._ledger.add(record)
        return record

    def _order(self, now: int) -> int:
        self._created = max(self._created + 1, now)
        return self._created

    async def _run(self) -> None:
        while True:
            try:
                self._send_postmen()
                await self._forget_old()
            except Exception:
                log.exception("the scheduler stumbled")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._sleep_seconds())
            self._wake.clear()

    def _sleep_seconds(self) -> float | None:
        due = self._ledger.next_due(without=self._postmen)
        if due is None:
            return None
        return min(max(0.0, (due - time.time_ns()) / 1e9), LOOK_SECONDS)

    def _send_postmen(self) -> None:
        """One for each agent that has something due: agents do not wait for each other."""
        for receiver in self._ledger.receivers():
            if receiver not in self._postmen and self._due(receiver):
                self._postmen[receiver] = task = asyncio.create_task(self._serve(receiver))
                task.add_done_callback(partial(self._dismiss, receiver))

    def _dismiss(self, receiver: str, _done: asyncio.Task[None]) -> None:
        self._postmen.pop(receiver, None)
        self._typing.discard(receiver)
        self._held.pop(receiver, None)
        self._wake.set()

    def _due(self, receiver: str) -> list[EventRecord]:
        """The next batch of a receiver: what is due at one instant, and was begun before or was not."""
        now = time.time_ns()
        due = [event for event in self._ledger.waiting_for(receiver) if event.timestamp <= now]
        return [event for event in due if (event.timestamp, event.begun) == (due[0].timestamp, due[0].begun)]

    async def _serve(self, receiver: str) -> None:
        """Deliver everything that is due for one agent, in order. What is held back costs no attempt."""
        failures = 0
        while not self._stopping and (batch := self._due(receiver)):
            try:
                problem = await self._try(receiver, batch)
            except (InputOccupied, NotWritten) as held:
                self._hold(receiver, held.message)
                await asyncio.sleep(HOLD_SECONDS)
                continue
            self._held.pop(receiver, None)
            failures = failures + 1 if problem is not None else 0
            if problem is not None and failures >= ATTEMPTS:
                await self._write_down(receiver, partial(self._bury, batch, problem))
                failures = 0
            elif problem is not None:
                await asyncio.sleep(RETRY_SECONDS * failures)

    async def _try(self, receiver: str, batch: list[EventRecord]) -> str | None:
        """One attempt; what was wrong when another one may help. InputOccupied or NotWritten when nothing may be typed
        now."""
        try:
            if not (batch[0].begun and await self._finish_typing(receiver, batch)):
                await self._deliver(receiver, batch)
            await self._write_down(receiver, partial(self._done, batch))
        except Withdrawn:
            return None
        except (InputOccupied, NotWritten):
            raise
        except (UnknownAgent, AgentDead, InvalidRequest) as error:
            await self._write_down(receiver, partial(self._bury, batch, error.message))
        except OmaError as error:
            return error.message
        except Exception as error:
            log.exception("an event for %s could not be delivered", receiver)
            return f"{type(error).__name__} inside the daemon"
        finally:
            self._typing.discard(receiver)
        return None

    async def _finish_typing(self, receiver: str, batch: list[EventRecord]) -> bool:
        """Whether the text of a begun delivery still stood in the agent's input and only had to be submitted."""
        return await self._fleet.submit_standing(receiver, texts.compose(batch, repeated=False))

    async def _deliver(self, receiver: str, batch: list[EventRecord]) -> None:
        async def reach(phase: str) -> None:
            if phase == "sending":
                await self._begin(receiver, batch)

        await self._fleet.deliver(receiver, texts.compose(batch, repeated=batch[0].begun), reach)

    async def _begin(self, receiver: str, batch: list[EventRecord]) -> None:
        if any(self._ledger.find(event.id) != event for event in batch):
            raise Withdrawn
        self._typing.add(receiver)
        if not batch[0].begun:
            try:
                await self._ledger.change([(event, {"begun": True}) for event in batch])
            except DBAPIError as error:
                raise NotWritten(_unwritten(error)) from error

    async def _write_down(self, receiver: str, write: Callable[[], Awaitable[None]]) -> None:
        """Repeat a write until the store takes it: what has arrived must not be typed again for a full disk."""
        pause = RETRY_SECONDS
        while True:
            try:
                await write()
                break
            except Exception as error:
                self._hold(receiver, _unwritten(error))
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_RETRY_SECONDS)
        self._held.pop(receiver, None)

    def _hold(self, receiver: str, reason: str) -> None:
        if self._held.get(receiver) != reason:
            log.warning("events for %s wait: %s", receiver, reason)
        self._held[receiver] = reason

    async def _done(self, batch: list[EventRecord]) -> None:
        now = time.time_ns()
        left = [event for event in batch if self._ledger.find(event.id) is not None]
        await self._ledger.change([(event, _after_delivery(event, now)) for event in left])

    async def _bury(self, batch: list[EventRecord], reason: str) -> None:
        """Nothing is dropped silently: what cannot be delivered is listed as dead, with the reason."""
        left = [event for event in batch if self._ledger.find(event.id) is not None]
        ending = {"stage": "dead", "reason": reason, "ended_at": time.time_ns()}
        await self._ledger.change([(event, ending) for event in left])
        for event in left:
            log.warning("event %s from %s to %s is dead: %s", event.id, event.sender, event.receiver, reason)

    async def _forget_old(self) -> None:
        if time.monotonic() - self._forgot_at < FORGET_SECONDS:
            return
        self._forgot_at = time.monotonic()
        now = time.time_ns()
        kept = {"delivered": REMEMBERED_NS, "dead": DEAD_KEPT_NS}
        ended = (event for event in self._ledger.all() if event.stage in kept)
        old = [event for event in ended if now - (event.ended_at or now) > kept[event.stage]]
        if old:
            await self._ledger.remove(old)


def next_time(planned: int, interval: int, now: int) -> int:
    """The first time of the plan that is still to come: those that were missed are not made up for one by one."""
    return planned + interval * max(1, (now - planned) // interval + 1)


def _unwritten(error: Exception) -> str:
    reason = str(error.orig if isinstance(error, DBAPIError) else error).strip() or type(error).__name__
    return f"What becomes of it cannot be written into the daemon's database: {reason}."


def _after_delivery(event: EventRecord, now: int) -> dict[str, Any]:
    deliveries = event.deliveries + 1
    if event.recurring_ns is None:
        return {"stage": "delivered", "payload": "", "ended_at": now, "deliveries": deliveries}
    return {
        "timestamp": next_time(event.timestamp, event.recurring_ns, now), "begun": False, "deliveries": deliveries,
    }  # fmt: skip
