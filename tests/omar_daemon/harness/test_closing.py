"""Turns and sessions that are ended from outside are at their end at once, whatever comes at that moment."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from omar_daemon.harness import outputs
from omar_daemon.harness.actor import Actor
from omar_daemon.harness.manager import Managed
from omar_daemon.harness.providers.interface import ModelError
from omar_daemon.harness.repair import END_TURN
from omar_daemon.harness.turn import Ended
from omar_daemon.store.engine import Store
from omar_daemon.store.managed import events, sessions

SHORT = 0.2


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What turns did: each takes a moment and would then have run its tools."""
    seen: list[str] = []

    async def run(_actor: Actor) -> Ended:
        seen.append("began")
        await asyncio.sleep(SHORT)
        seen.append("ran its tools")
        return Ended(END_TURN)

    monkeypatch.setattr(Actor, "_run", run)
    return seen


async def begun(turns: list[str]) -> None:
    async with asyncio.timeout(10):
        while not turns:
            await asyncio.sleep(0.005)


def made(store: Store) -> str:
    body = {"agent": {"id": "agent_x", "version": 1}, "environment_id": "env_x", "resources": []}
    with store.write() as connection:
        return sessions.create(connection, body).id


def types(store: Store, session: str) -> list[str]:
    with store.read() as connection:
        return [event.type for event in events.read(connection, session)]


def message(text: str) -> list[dict[str, Any]]:
    return [{"type": "user.message", "content": [{"type": "text", "text": text}]}]


INTERRUPT = [{"type": "user.interrupt"}]


@pytest.mark.parametrize("values", [message("two"), INTERRUPT + message("two")], ids=["message", "interrupt"])
def test_nothing_begins_in_a_session_that_is_being_archived(
    store: Store, turns: list[str], values: list[dict[str, Any]]
) -> None:
    session = made(store)

    async def scenario() -> None:
        managed = Managed(store)
        await managed.send(session, message("one"))
        await begun(turns)
        await asyncio.gather(managed.archive(session), managed.send(session, values), return_exceptions=True)
        await asyncio.sleep(SHORT * 2)
        await managed.stop()

    asyncio.run(scenario())
    assert turns == ["began"]
    assert types(store, session)[-1] == "session.status_terminated"
    with store.read() as connection:
        found = sessions.state(connection, session)
        assert events.pending(connection, session) == []
    assert found is not None
    assert (found.status, found.archived_at is not None) == ("terminated", True)


def test_nothing_begins_in_a_session_that_is_being_deleted(store: Store, turns: list[str]) -> None:
    session = made(store)

    async def scenario() -> list[bool | list[dict[str, Any]] | BaseException]:
        managed = Managed(store)
        await managed.send(session, message("one"))
        await begun(turns)
        done = await asyncio.gather(
            managed.delete(session), managed.send(session, message("two")), return_exceptions=True
        )
        await asyncio.sleep(SHORT * 2)
        await managed.stop()
        return done

    deleted, _ = asyncio.run(scenario())
    assert deleted is True
    assert turns == ["began"]
    assert types(store, session) == []


def test_a_session_that_could_not_be_archived_goes_on(
    store: Store, turns: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = made(store)

    def full(*_: object) -> None:
        raise OSError("the disk is full")

    async def scenario() -> None:
        managed = Managed(store)
        await managed.send(session, message("one"))
        await asyncio.sleep(SHORT / 4)
        with monkeypatch.context() as patch:
            patch.setattr("omar_daemon.harness.manager._terminate", full)
            archived = asyncio.create_task(managed.archive(session))
            await managed.send(session, message("two"))
            with pytest.raises(OSError, match="full"):
                await archived
        await asyncio.sleep(SHORT * 2)
        await managed.stop()

    asyncio.run(scenario())
    assert turns == ["began", "began", "ran its tools"]
    assert types(store, session)[-1] == "session.status_idle"


def test_the_end_of_a_turn_does_not_wake_a_terminated_session(store: Store) -> None:
    session = made(store)

    async def scenario() -> None:
        managed = Managed(store)
        await managed.archive(session)
        actor = Actor(managed.journal, session)
        await managed.journal.commit(session, lambda connection: actor._idle(connection, Ended(END_TURN)))
        await managed.stop()

    asyncio.run(scenario())
    assert types(store, session) == ["session.status_terminated"]


@pytest.fixture
def slow_outputs(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Keeping the outputs lasts until this is set, or three seconds."""
    kept = threading.Event()
    monkeypatch.setattr(outputs, "register", lambda *_: kept.wait(3))
    yield kept
    kept.set()


async def idle(store: Store, session: str, seconds: float = 1.0) -> None:
    async with asyncio.timeout(seconds):
        while types(store, session)[-1:] != ["session.status_idle"]:
            await asyncio.sleep(0.02)


@pytest.mark.usefixtures("turns")
def test_an_interrupt_does_not_wait_for_the_outputs(store: Store, slow_outputs: threading.Event) -> None:
    session = made(store)

    async def scenario() -> None:
        managed = Managed(store)
        await managed.send(session, message("one"))
        await asyncio.sleep(SHORT / 4)
        await managed.send(session, INTERRUPT)
        await idle(store, session)
        slow_outputs.set()
        await managed.stop()

    asyncio.run(scenario())
    assert types(store, session)[-2:] == ["user.interrupt", "session.status_idle"]


def test_an_interrupt_while_a_failed_turns_outputs_are_kept_closes_it_once(
    store: Store, slow_outputs: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = made(store)

    async def fail(_actor: Actor) -> Ended:
        raise ModelError("model_overloaded_error", "no")

    monkeypatch.setattr(Actor, "_run", fail)

    async def scenario() -> None:
        managed = Managed(store)
        await managed.send(session, message("one"))
        await asyncio.sleep(SHORT)
        await managed.send(session, INTERRUPT)
        await managed.send(session, INTERRUPT)
        await idle(store, session)
        slow_outputs.set()
        await managed.stop()

    asyncio.run(scenario())
    assert types(store, session).count("session.status_idle") == 1


@pytest.mark.usefixtures("turns")
def test_a_turn_whose_outputs_cannot_be_kept_ends_all_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    session = made(store)

    def broken(*_: object) -> None:
        raise RuntimeError("the folder is odd")

    monkeypatch.setattr(outputs, "register", broken)

    async def scenario() -> None:
        managed = Managed(store)
        await managed.send(session, message("one"))
        await idle(store, session, SHORT + 2)
        await managed.stop()

    asyncio.run(scenario())
    assert types(store, session) == ["user.message", "session.status_running", "session.status_idle"]
    assert "the folder is odd" in caplog.text
