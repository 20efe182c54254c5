"""Reads over one `tmux -C` pipe that stays open: no fork per question (0.3 ms instead of 3).

Only for questions that may be asked again: when the pipe breaks in the middle, `SteadyReader` asks once more by
subprocess and opens a new pipe later. Commands that act never go this way.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import time
from collections.abc import Sequence

from omar_daemon.fleet import processes
from omar_daemon.fleet.connection import Command, Reply, SubprocessConnection, quote
from omar_daemon.fleet.errors import TmuxError
from omar_daemon.fleet.processes import Process
from shared import durable, paths

ANSWER_SECONDS = 3.0
REOPEN_SECONDS = 5.0


class PipeBroken(TmuxError):
    """The control client ended or did not answer in time."""


def end_abandoned() -> None:
    """End the client of a daemon that was killed while tmux was answering it: tmux 3.3 keeps such a client until
    somebody has read the rest, and a server that was told to end never does."""
    with contextlib.suppress(OSError, ValueError):
        pid, _, started = paths.control_client_file().read_text(encoding="ascii").strip().partition(" ")
        processes.kill_left([Process(int(pid), started)])
    _forget()


def _remember(pid: int) -> None:
    if (client := processes.find(pid)) is not None:
        durable.write_atomic(paths.control_client_file(), f"{client.pid} {client.started}\n")


def _forget() -> None:
    with contextlib.suppress(OSError):
        paths.control_client_file().unlink()


class ControlConnection:
    """A control client attached to the keeper session, which shows nothing and takes no size."""

    def __init__(self, argv: Sequence[str], keeper: str, environment: dict[str, str]) -> None:
        try:
            self._process = subprocess.Popen(
                [*argv, "-C", "attach-session", "-t", f"={keeper}", "-f", "no-output,ignore-size"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        except OSError as error:
            raise PipeBroken(f"tmux could not be started: {error.strerror}.") from error
        _remember(self._process.pid)
        assert self._process.stdin and self._process.stdout
        self._input = self._process.stdin.fileno()
        self._output = self._process.stdout.fileno()
        os.set_blocking(self._input, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._output, selectors.EVENT_READ)
        self._buffer = bytearray()
        self._lines: list[bytes] = []
        self._position = 0

    def batch(self, commands: Sequence[Command]) -> list[Reply]:
        """Replies in order; PipeBroken when the client is gone or slow (then nothing is known)."""
        deadline = time.monotonic() + ANSWER_SECONDS
        script = "".join(" ".join(quote(word) for word in command) + "\n" for command in commands)
        self._write(script.encode(), deadline)
        return [self._reply(deadline) for _ in commands]

    def close(self) -> None:
        self._selector.close()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if stream:
                    stream.close()
        try:
            self._process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _forget()

    def _write(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._input, view) :]
            except BlockingIOError:
                self._fill(deadline)
            except OSError as error:
                raise PipeBroken(f"the tmux pipe broke: {error.strerror}.") from error

    def _reply(self, deadline: float) -> Reply:
        while True:
            opening = self._line(deadline)
            if opening.startswith(b"%exit"):
                raise PipeBroken("the tmux control client was told to leave.")
            if not opening.startswith(b"%begin "):
                continue
            body, failed = self._block(opening[7:], deadline)
            if opening.rstrip().endswith(b" 1"):
                text = [line.decode("utf-8", "replace") for line in body]
                return Reply((), text[0] if text else "the command failed") if failed else Reply(tuple(text))

    def _block(self, tag: bytes, deadline: float) -> tuple[list[bytes], bool]:
        """Lines up to the end mark that carries the same tag; a `%` line inside is data."""
        body: list[bytes] = []
        end, error = b"%end " + tag, b"%error " + tag
        while True:
            line = self._line(deadline)
            if line in (end, error):
                return body, line == error
            body.append(line)

    def _line(self, deadline: float) -> bytes:
        while self._position >= len(self._lines):
            self._fill(deadline)
        line = self._lines[self._position]
        self._position += 1
        return line

    def _fill(self, deadline: float) -> None:
        if not self._selector.select(max(0.0, deadline - time.monotonic())):
            raise PipeBroken(f"tmux did not answer within {ANSWER_SECONDS:.0f} s.")
        data = os.read(self._output, 1 << 18)
        if not data:
            raise PipeBroken("the tmux control client ended.")
        self._buffer += data
        *whole, rest = bytes(self._buffer).split(b"\n")
        self._lines = self._lines[self._position :] + whole
        self._position = 0
        self._buffer = bytearray(rest)


class SteadyReader:
    """A `Connection` for reading: the pipe while it works, otherwise subprocesses."""

    def __init__(self, fallback: SubprocessConnection, keeper: str, environment: dict[str, str]) -> None:
        self._fallback = fallback
        self._keeper = keeper
        self._environment = environment
        self._pipe: ControlConnection | None = None
        self._not_before = 0.0

    def batch(self, commands: Sequence[Command]) -> list[Reply]:
        pipe = self._open()
        if pipe is not None:
            try:
                return pipe.batch(commands)
            except PipeBroken:
                self._drop()
        return self._fallback.batch(commands)

    def close(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None

    def _open(self) -> ControlConnection | None:
        if self._pipe is None and time.monotonic() >= self._not_before:
            try:
                self._pipe = ControlConnection(self._fallback.argv, self._keeper, self._environment)
            except PipeBroken:
                self._drop()
        return self._pipe

    def _drop(self) -> None:
        self.close()
        self._not_before = time.monotonic() + REOPEN_SECONDS
