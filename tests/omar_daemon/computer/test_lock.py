"""The lock by itself, on a clock of the test's own."""

from __future__ import annotations

import pytest

from omar_daemon.computer.errors import LockedByOther, LockNeeded, NotHolder
from omar_daemon.computer.lock import Lock


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_one_holder_at_a_time_and_it_may_ask_again() -> None:
    lock = Lock(600.0)
    assert lock.acquire("a") is True
    assert lock.acquire("a") is False
    with pytest.raises(LockedByOther, match="Computer is locked by 'a'"):
        lock.acquire("b")
    with pytest.raises(LockedByOther):
        lock.require("b")
    with pytest.raises(NotHolder, match="Lock held by 'a', not 'b'"):
        lock.release("b")
    assert lock.require("a").holder == "a"
    assert lock.release("a") is True
    assert lock.release("a") is False
    with pytest.raises(LockNeeded):
        lock.require("a")


def test_an_idle_holder_loses_the_lock_and_one_that_acts_keeps_it() -> None:
    clock = Clock()
    lock = Lock(10.0, clock)
    lock.acquire("a")
    clock.now += 9
    with lock.using(lock.require("a")):
        clock.now += 50
        assert lock.holder() == "a"
    clock.now += 10
    assert lock.holder() == "a" and lock.held_seconds() == 69
    clock.now += 0.1
    assert lock.holder() is None and lock.held_seconds() == 0
    assert lock.acquire("b") is True


def test_asking_again_counts_as_a_sign_of_life() -> None:
    clock = Clock()
    lock = Lock(10.0, clock)
    lock.acquire("a")
    for _ in range(5):
        clock.now += 9
        assert lock.acquire("a") is False
    assert lock.held_seconds() == 45


def test_a_taken_lock_stops_what_its_holder_is_doing() -> None:
    lock = Lock(10.0)
    lock.acquire("a")
    held = lock.require("a")
    lock.drop("b")
    assert not held.revoked.is_set() and lock.holder() == "a"
    lock.drop("a")
    assert held.revoked.is_set() and lock.holder() is None
    lock.acquire("a")
    assert not lock.require("a").revoked.is_set()
