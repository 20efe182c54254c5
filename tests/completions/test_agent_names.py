"""Asking for agent names must be quick and quiet, whatever holds the daemon's place."""

from __future__ import annotations

import fcntl
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shared import durable, paths
from tests.completions.shells import environment

ASK = [sys.executable, "-c", "import sys; from shared.cli.completions import agent_names as n; sys.exit(n.run())"]


@contextmanager
def daemon_that_answers(*pieces: bytes, pause: float = 0.0) -> Iterator[None]:
    """A program in the daemon's place: holds the pidfile's lock and sends `pieces` to whoever connects."""
    listener = socket.create_server(("127.0.0.1", 0))
    record = {"pid": 1, "host": "127.0.0.1", "port": listener.getsockname()[1], "version": "0", "started_at": 0}
    durable.write_atomic(paths.pid_file(), json.dumps(record))

    def serve() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            try:
                for piece in pieces:
                    connection.sendall(piece)
                    time.sleep(pause)
                time.sleep(pause)
            except OSError:
                return

    thread = threading.Thread(target=serve)
    with paths.pid_file().open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join(10)


def ask() -> tuple[str, float]:
    begun = time.monotonic()
    done = subprocess.run(ASK, env=environment(), capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, time.monotonic() - begun


def answer(body: object) -> bytes:
    text = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(text), text)


def test_names_come_one_a_line_and_what_a_shell_would_expand_does_not() -> None:
    agents = [{"id": "one"}, {"id": "$(reboot)"}, {"id": "two words"}, {"id": None}, "odd", {"id": "t-2_x"}]
    with daemon_that_answers(answer({"agents": agents, "manager": {"id": "omar-agent-ea"}})):
        assert ask()[0] == "one\nt-2_x\nea\n"


@pytest.mark.parametrize("pieces", [(), (b"HTTP/1.1 200 OK\r\n",), (b"H",) * 40], ids=["silent", "begun", "dripping"])
def test_a_daemon_that_hangs_costs_a_moment_and_no_word(pieces: tuple[bytes, ...]) -> None:
    quick = ask()[1]
    with daemon_that_answers(*pieces, pause=0.1 if len(pieces) > 1 else 1.5):
        shown, seconds = ask()
    assert shown == ""
    assert seconds < quick + 0.6


@pytest.mark.parametrize("body", [b"", b"no http at all\r\n\r\n", answer([1]), answer({"agents": "?"})])
def test_an_answer_that_is_none_is_no_names(body: bytes) -> None:
    with daemon_that_answers(body):
        assert ask()[0] == ""


def test_without_a_daemon_there_are_no_names() -> None:
    assert ask()[0] == ""
