"""The daemon drains oobo's outbox: when something is due, with a back-off, and never at the cost of its own end."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path

from omar_daemon.drain import Drain, draining, is_due
from oobo_hooks.store import anchors, database, outbox
from oobo_hooks.store.outbox import Pause
from shared import credentials, paths
from tests.daemon import Daemon
from tests.oobo_hooks.anchor_server import anchor_server
from tests.oobo_hooks.scene import oobo


def queue(commit: str = "ab" * 20) -> None:
    with database.opened() as connection, database.transaction(connection):
        known = anchors.remember_repository(connection, common_dir="/r/.git", worktree="/r", name="r", remote=None)
        body = {"event": "git.commit", "anchor": {"commit_hash": commit}}
        outbox.put(connection, "git.commit", body, repository=known.id, once=commit, commit=commit)


def due() -> bool:
    return is_due(paths.oobo_database(), time.time())


def test_it_is_due_only_when_an_item_waits_that_nothing_holds_back() -> None:
    assert not due(), "there is no store"
    with database.opened() as connection:
        assert not due()
        queue()
        assert due()
        (item,) = outbox.items(connection)
        outbox.postpone(connection, item.id, until=time.time() + 60, reason="", counts=True)
        assert not due()
        outbox.retry(connection, None)
        outbox.keep_quiet(connection, time.time() + 60)
        assert not due()
        outbox.keep_quiet(connection, time.time() - 1)
        assert due()
        outbox.pause(connection, Pause(401, "no", "x", 0.0))
        assert not due()
        outbox.resume(connection)
        outbox.park(connection, item.id, "422")
        assert not due()


def test_a_store_that_cannot_be_read_is_not_due() -> None:
    file = paths.oobo_database()
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no database")
    assert not due()
    file.unlink()
    sqlite3.connect(file).close()
    assert not due()


def counting(file: Path) -> list[str]:
    return ["sh", "-c", f"echo run >> {file}"]


def test_no_process_is_started_while_nothing_waits_and_the_wait_grows_while_nothing_gets_better(tmp_path: Path) -> None:
    log = tmp_path / "runs"

    async def watch(seconds: float) -> int:
        async with draining(Drain(counting(log), look=0.02)):
            await asyncio.sleep(seconds)
        return len(log.read_text().split()) if log.exists() else 0

    assert asyncio.run(watch(0.3)) == 0
    queue()
    runs = asyncio.run(watch(1.0))
    assert 1 <= runs <= 7, "0.02 s doubling: not fifty times"


def test_what_waited_for_a_key_goes_out_at_the_look_after_the_login(tmp_path: Path) -> None:
    log = tmp_path / "runs"

    async def watch() -> None:
        async with draining(Drain(counting(log), look=0.05)):
            await asyncio.sleep(1.0)
            before = len(log.read_text().split())
            with database.opened() as connection:
                outbox.pause(connection, Pause(401, "no", "x", 0.0))
            credentials.write("oobo", "key for somewhere", "good-key-0123456789")
            await asyncio.sleep(0.3)
            assert len(log.read_text().split()) == before + 1

    queue()
    asyncio.run(watch())


def test_a_route_that_is_held_is_not_due_until_it_is_open_again() -> None:
    queue()
    with database.opened() as connection:
        outbox.hold(connection, outbox.USERS_SERVER, until=time.time() + 60, reason="There is no key.")
        assert not due()
        assert outbox.items(connection)[0].last_error == "There is no key."
        outbox.release(connection, outbox.USERS_SERVER)
        assert due()


def test_the_end_of_the_daemon_ends_the_sender(tmp_path: Path) -> None:
    queue()
    mark = tmp_path / "pid"

    async def watch() -> None:
        async with draining(Drain(["sh", "-c", f"echo $$ > {mark}; exec sleep 60"], look=0.01)):
            while not (mark.exists() and mark.read_text().strip()):
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(watch(), 10))
    assert not Path(f"/proc/{mark.read_text().strip()}").exists()


def test_the_daemons_sender_sends_what_waits() -> None:
    with anchor_server() as server:
        oobo("auth", "login", "--server", server.url, "--key-stdin", stdin="good-key-0123456789\n")
        queue()
        asyncio.run(_drained())
        assert server.stored["ab" * 20] == 1


async def _drained() -> None:
    async with draining(Drain(look=0.05)):
        deadline = time.monotonic() + 20
        while due():
            assert time.monotonic() < deadline, "nothing was sent"
            await asyncio.sleep(0.02)


def test_the_daemon_runs_it_and_leaves_in_time() -> None:
    queue()
    with Daemon() as daemon:
        started = time.monotonic()
        assert daemon.stop() == 0 and time.monotonic() - started < 5
