"""The interface to tmux: one reply per command, whatever the commands hold and whichever of them fail."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omar_daemon.fleet import control, environment, processes, server
from omar_daemon.fleet.channel import Channel
from omar_daemon.fleet.connection import Connection, NoServer, SubprocessConnection, quote
from omar_daemon.fleet.control import ControlConnection, SteadyReader
from omar_daemon.fleet.errors import TmuxError, TmuxMissing
from shared import paths


@pytest.fixture
def plain(home: Path) -> SubprocessConnection:
    connection = SubprocessConnection(paths.tmux_socket(), environment.server_environment())
    server.ensure(connection)
    return connection


@pytest.fixture
def steady(plain: SubprocessConnection) -> Iterator[SteadyReader]:
    reader = SteadyReader(plain, server.KEEPER, environment.server_environment())
    yield reader
    reader.close()


def ask_mixed(connection: Connection) -> None:
    good, missing, last = connection.batch(
        [
            ("display-message", "-p", "one"),
            ("capture-pane", "-p", "-t", "%999"),
            ("display-message", "-p", "three"),
        ]
    )
    assert good.lines == ("one",) and good.error is None
    assert missing.error is not None and "%999" in missing.error
    assert last.lines == ("three",)


def test_a_failing_command_stops_neither_the_next_nor_takes_its_reply(
    plain: SubprocessConnection, steady: SteadyReader
) -> None:
    ask_mixed(plain)
    ask_mixed(steady)


def test_the_pipe_answers_what_a_subprocess_answers(plain: SubprocessConnection, steady: SteadyReader) -> None:
    commands = [
        ("list-sessions", "-F", "#{session_name}\t#{session_id}"),
        ("display-message", "-p", "%begin 1 2 3"),
        ("display-message", "-p", "→ ünï 🚀"),
    ]
    assert steady.batch(commands) == plain.batch(commands)


def test_when_the_control_client_dies_the_answer_still_comes(steady: SteadyReader) -> None:
    steady.batch([("display-message", "-p", "warm")])
    pipe = steady._pipe
    assert pipe is not None
    os.kill(pipe._process.pid, signal.SIGKILL)
    assert steady.batch([("display-message", "-p", "still here")])[0].lines == ("still here",)


def test_without_a_server_it_says_so(home: Path) -> None:
    with pytest.raises(NoServer):
        SubprocessConnection("omar-test-nobody").batch([("list-sessions",)])


def test_without_tmux_it_says_what_to_install(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(home))
    with pytest.raises(TmuxMissing, match="not installed"):
        SubprocessConnection("omar-test-nobody").batch([("list-sessions",)])


def test_a_machine_that_starts_no_program_is_told_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As when there are too many processes: what the system says is no bug of the daemon.
    (home / "tmux").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(home))
    with pytest.raises(TmuxError, match="could not be started: Exec format error"):
        SubprocessConnection("omar-test-nobody").batch([("list-sessions",)])


WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=("Cs", "Cc")), max_size=40)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(WORDS, min_size=1, max_size=5))
def test_any_word_reaches_tmux_as_it_is(plain: SubprocessConnection, words: list[str]) -> None:
    commands = [("set-option", "-s", f"@word{number}", word) for number, word in enumerate(words)]
    assert all(reply.error is None for reply in plain.batch(commands))
    asked = plain.batch([("show-options", "-sv", f"@word{number}") for number in range(len(words))])
    assert [" ".join(reply.lines) for reply in asked] == words


def test_a_line_break_cannot_smuggle_in_a_second_command() -> None:
    with pytest.raises(TmuxError, match="line break"):
        quote("x\nkill-server")


@pytest.mark.parametrize("odd", ["two\nlines", "a\0b", "half \ud800"])
def test_a_word_that_cannot_be_said_fails_its_own_caller_and_nobody_else(plain: SubprocessConnection, odd: str) -> None:
    async def all_at_once() -> list[object]:
        channel = Channel(plain, "test")
        words = ["one", odd, "two", odd, "three"]
        try:
            asked = (channel.run("display-message", "-p", word) for word in words)
            return list(await asyncio.gather(*asked, return_exceptions=True))
        finally:
            await channel.close()

    answers = asyncio.run(all_at_once())
    assert answers[::2] == [("one",), ("two",), ("three",)]
    assert all(isinstance(answer, TmuxError) for answer in answers[1::2])


def test_the_server_keeps_no_secret_of_the_process_that_started_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_TOKEN", "canary-4711")
    connection = SubprocessConnection(paths.tmux_socket(), environment.server_environment())
    server.ensure(connection)
    shown = connection.batch([("show-environment", "-g")])[0].lines
    assert not any("canary-4711" in line for line in shown)
    assert any(line.startswith("PATH=") for line in shown)


def test_a_tmux_server_ends_although_a_killed_daemon_did_not_read_its_last_answer(plain: SubprocessConnection) -> None:
    killed = ControlConnection(plain.argv, server.KEEPER, environment.server_environment())
    tmux = int(plain.batch([("display-message", "-p", "#{pid}")])[0].lines[0])
    # More than a pipe holds, and nobody reads it: the kernel closes what a killed process had open.
    killed._write(b"list-keys\n" * 40, time.monotonic() + 5)
    time.sleep(0.3)
    for stream in (killed._process.stdin, killed._process.stdout):
        assert stream is not None
        stream.close()
    plain.command("kill-server")
    control.end_abandoned()
    deadline = time.monotonic() + 3
    while processes.find(tmux) is not None:
        assert time.monotonic() < deadline, "the tmux server does not end"
        time.sleep(0.02)
    assert killed._process.wait(3) != 0
    assert not paths.control_client_file().exists()
