"""Who holds a connection is found out beside the event loop, once for each connection, and not less strictly."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest

from omar_daemon.harness.sandbox import callers, process
from omar_daemon.harness.sandbox.isolation import isolation

pytestmark = pytest.mark.skipif(not os.path.exists("/proc/self/ns/pid"), reason="there is no /proc to look through")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port that takes connections, while a tool runs."""
    monkeypatch.setattr(process, "running", 1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


@contextlib.contextmanager
def connected(server: int) -> Iterator[int]:
    with socket.create_connection(("127.0.0.1", server)) as connection:
        yield int(connection.getsockname()[1])


def sandboxed(port: int, server: int, host: str = "127.0.0.1") -> bool:
    return asyncio.run(callers.is_sandboxed((host, port), ("127.0.0.1", server)))


def test_a_connection_that_is_kept_alive_is_judged_once_and_never_on_the_event_loop(
    server: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    judges = []
    real = callers._is_held_outside

    def watched(inode: int) -> bool:
        judges.append(threading.current_thread())
        return real(inode)

    monkeypatch.setattr(callers, "_is_held_outside", watched)
    for _ in range(2):
        with connected(server) as port:
            assert [sandboxed(port, server) for _ in range(3)] == [False] * 3
    assert len(judges) == 2
    assert threading.main_thread() not in judges


def test_what_was_closed_is_a_tools_although_its_connection_was_judged(server: int) -> None:
    with connected(server) as port:
        assert not sandboxed(port, server)
    assert sandboxed(port, server)


def test_no_more_is_remembered_than_there_is_room_for(server: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "_KEPT", 2)
    callers._outside.clear()
    for _ in range(4):
        with connected(server) as port:
            assert not sandboxed(port, server)
    assert len(callers._outside) == 2


@pytest.mark.skipif(isolation() == "none", reason="there are no namespaces for a tool here")
def test_a_connection_that_a_program_of_another_namespace_holds_too_is_a_tools(server: int) -> None:
    with socket.create_connection(("127.0.0.1", server)) as connection:
        port = int(connection.getsockname()[1])
        line = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "sh", "-c", "echo; sleep 60"]
        inside = subprocess.Popen(line, stdout=subprocess.PIPE, pass_fds=[connection.fileno()])
        try:
            assert inside.stdout is not None and inside.stdout.readline()
            assert sandboxed(port, server)
        finally:
            inside.kill()
            inside.communicate()


def test_looking_for_what_a_tool_left_behind_does_not_hold_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_mark: str) -> list[int]:
        time.sleep(0.5)
        return []

    async def longest_pause() -> float:
        tool = asyncio.create_task(process.run(["true"], folder=process.Path("/"), environment={}, seconds=5))
        longest = 0.0
        while not tool.done():
            begun = time.monotonic()
            await asyncio.sleep(0.005)
            longest = max(longest, time.monotonic() - begun)
        return longest

    monkeypatch.setattr(process, "marked", slow)
    assert asyncio.run(longest_pause()) < 0.4


def test_a_second_cancellation_does_not_save_what_a_tool_started(monkeypatch: pytest.MonkeyPatch) -> None:
    real, killed = process.kill_marked, threading.Event()

    def slow(mark: str) -> None:
        time.sleep(0.2)
        real(mark)
        killed.set()

    async def cancelled_twice() -> None:
        script = "setsid sleep 60 & echo; wait"
        tool = asyncio.create_task(
            process.run(["sh", "-c", script], folder=process.Path("/"), environment=dict(os.environ), seconds=50)
        )
        await asyncio.sleep(0.3)
        tool.cancel()
        await asyncio.sleep(0.05)
        tool.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await tool

    monkeypatch.setattr(process, "kill_marked", slow)
    asyncio.run(cancelled_twice())
    assert killed.wait(5)


@pytest.mark.skipif(isolation() == "none", reason="there are no namespaces for a tool here")
def test_a_tool_on_another_loopback_address_does_not_hide_behind_a_port_of_the_users(server: int) -> None:
    with connected(server) as port:
        call = (
            f"import socket; c = socket.create_connection(('127.0.0.1', {server}), 5, ('127.0.0.2', {port})); print()"
        )
        line = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "python3", "-c"]
        wait = "sys.stdout.flush(); sys.stdin.read()"
        whole = [*line, f"import sys; {call}; {wait}"]
        inside = subprocess.Popen(whole, stdout=subprocess.PIPE, stdin=subprocess.PIPE)
        try:
            assert inside.stdout is not None and inside.stdout.readline() == b"\n"
            assert not sandboxed(port, server)
            assert sandboxed(port, server, "127.0.0.2")
        finally:
            inside.kill()
            inside.communicate()


def test_an_address_of_the_sixth_version_is_found_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "running", 1)
    try:
        listening = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listening, socket.create_connection(("::1", listening.getsockname()[1])) as connection:
        ends = connection.getsockname()[:2], connection.getpeername()[:2]
        assert not asyncio.run(callers.is_sandboxed(*ends))
