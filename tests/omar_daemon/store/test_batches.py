"""Writes that come at once share a transaction, and none of them answers for another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from omar_daemon.store.batches import Batches
from omar_daemon.store.engine import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = open_store("", tmp_path / "s.db")
    with made.write() as connection:
        connection.execute(text("CREATE TABLE numbers (number INTEGER PRIMARY KEY)"))
    return made


class Work:
    """Inserts numbers; remembers how many came at once."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, connection: Connection, numbers: Sequence[int]) -> list[int]:
        self.sizes.append(len(numbers))
        for number in numbers:
            connection.execute(text("INSERT INTO numbers VALUES (:number)"), {"number": number})
        return [number * 2 for number in numbers]


def kept(store: Store) -> list[int]:
    with store.read() as connection:
        return list(connection.execute(text("SELECT number FROM numbers ORDER BY number")).scalars())


def test_many_at_once_are_few_transactions_and_each_gets_its_own_answer(store: Store) -> None:
    work = Work()

    async def run() -> list[int]:
        batches = Batches(store, work)
        return await asyncio.gather(*(batches.put(number) for number in range(100)))

    assert asyncio.run(run()) == [number * 2 for number in range(100)]
    assert len(work.sizes) <= 3 and kept(store) == list(range(100))


def test_one_that_fails_fails_alone(store: Store) -> None:
    async def run() -> list[int | BaseException]:
        batches = Batches(store, Work())
        return await asyncio.gather(*(batches.put(number) for number in (1, 2, 2, 3)), return_exceptions=True)

    answers = asyncio.run(run())
    assert [answer for answer in answers if not isinstance(answer, BaseException)] == [2, 4, 6]
    assert sum(isinstance(answer, BaseException) for answer in answers) == 1 and kept(store) == [1, 2, 3]


def test_a_caller_that_goes_away_takes_nobodys_write_along(store: Store) -> None:
    async def run() -> int:
        batches = Batches(store, Work())
        leaving = asyncio.create_task(batches.put(1))
        staying = asyncio.create_task(batches.put(2))
        await asyncio.sleep(0)
        leaving.cancel()
        return await staying

    assert asyncio.run(run()) == 4 and kept(store) == [1, 2]


def test_an_answer_means_that_the_write_is_there_for_others(store: Store) -> None:
    async def run() -> None:
        batches = Batches(store, Work())
        for number in range(5):
            await batches.put(number)
            assert number in kept(store)

    asyncio.run(run())
