"""The journal's one thread: writes that come together share a transaction and keep apart from each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import IntegrityError, OperationalError

from omar_daemon.harness.broker import Broker
from omar_daemon.harness.frames import Wish, chunk
from omar_daemon.harness.journal import Entry, Journal
from omar_daemon.store.engine import Store, open_store
from omar_daemon.store.managed import events, sessions


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("", tmp_path / "omar.db")
    yield opened
    opened.close()


def made(store: Store) -> str:
    body = {"agent": {"id": "agent_x", "version": 1}, "environment_id": "env_x", "resources": []}
    with store.write() as connection:
        return sessions.create(connection, body).id


def said(text: str) -> dict[str, Any]:
    return {"type": "system.message", "content": [{"type": "text", "text": text}]}


def texts(store: Store, session: str) -> list[str]:
    with store.read() as connection:
        log = events.read(connection, session)
    assert [stored.seq for stored in log] == list(range(1, len(log) + 1))
    return [stored.value["content"][0]["text"] for stored in log]


@asynccontextmanager
async def held(journal: Journal, session: str) -> AsyncIterator[None]:
    """The writer is busy inside of the block: what is ordered there waits together."""
    entered, released = Event(), Event()

    def work(_connection: Connection) -> Sequence[Entry]:
        entered.set()
        released.wait(10)
        return []

    busy = asyncio.create_task(journal.commit(session, work))
    while not entered.is_set():
        await asyncio.sleep(0.001)
    try:
        yield
    finally:
        released.set()
        await busy


def fails(error: Exception) -> Any:
    def work(connection: Connection) -> Sequence[Entry]:
        connection.execute(sessions.table.update().values(last_seq=99))
        raise error

    return work


def test_writes_that_wait_share_a_transaction_and_one_that_fails_takes_none_along(store: Store) -> None:
    ours = [made(store) for _ in range(5)]
    commits: list[int] = []
    event.listen(store._engine, "commit", lambda _connection: commits.append(1))

    async def run() -> list[Any]:
        journal = Journal(store, Broker())
        async with held(journal, ours[0]):
            orders = [
                asyncio.create_task(journal.append(session, said(f"{step}"))) for step in range(4) for session in ours
            ]
            orders.insert(7, asyncio.create_task(journal.commit(ours[1], fails(LookupError("mine")))))
            await asyncio.sleep(0.05)
        outcomes = await asyncio.gather(*orders, return_exceptions=True)
        await journal.settle()
        return outcomes

    outcomes = asyncio.run(run())
    assert [str(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == ["mine"]
    assert [texts(store, session) for session in ours] == [["0", "1", "2", "3"]] * 5
    assert len(commits) == 2


def test_a_taken_name_is_the_error_of_its_order_and_a_broken_transaction_of_all(store: Store) -> None:
    session = made(store)

    def twice(connection: Connection) -> Sequence[Entry]:
        events.append(connection, session, [{**said("x"), "id": "sevt_same"}])
        return events.append(connection, session, [{**said("x"), "id": "sevt_same"}])

    async def run(second: Any) -> list[Any]:
        journal = Journal(store, Broker())
        async with held(journal, session):
            orders = [asyncio.create_task(journal.append(session, said("kept")))]
            orders.append(asyncio.create_task(journal.commit(session, second)))
            await asyncio.sleep(0.05)
        return await asyncio.gather(*orders, return_exceptions=True)

    kept, refused = asyncio.run(run(twice))
    assert (kept[0].seq, type(refused)) == (1, IntegrityError)
    full = OperationalError("COMMIT", {}, Exception("database or disk is full"))
    assert [type(outcome) for outcome in asyncio.run(run(fails(full)))] == [OperationalError] * 2
    assert texts(store, session) == ["kept"]


def test_streams_get_everything_in_the_order_in_which_it_was_given_also_from_a_caller_that_went_away(
    store: Store,
) -> None:
    session = made(store)

    async def run() -> list[str]:
        broker = Broker()
        stream = broker.subscribe(session, Wish(chunks=True))
        journal = Journal(store, broker)
        await journal.show(session, chunk("agent.message_chunk", delta="at once"))
        async with held(journal, session):
            gone = asyncio.create_task(journal.append(session, said("first")))
            shown = asyncio.create_task(journal.show(session, chunk("agent.message_chunk", delta="between")))
            last = asyncio.create_task(journal.append(session, said("last")))
            await asyncio.sleep(0.05)
            gone.cancel()
        await asyncio.gather(shown, last)
        await journal.settle()
        return [frame.encoded.decode() for frame in await stream.take(1) or []]

    frames = asyncio.run(run())
    words = ["at once", "first", "between", "last"]
    assert [next(word for word in words if word in frame) for frame in frames] == words
