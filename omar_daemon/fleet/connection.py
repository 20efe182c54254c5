"""The one small interface to tmux: `batch` of commands in, replies out. It can be swapped.

`SubprocessConnection` feeds a batch to one `tmux source-file -`, so secrets are never in an argv, a failing
command does not stop the next, and a hundred commands cost one fork. `control.ControlConnection` answers reads
over a pipe that stays open.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from omar_daemon.fleet.errors import TmuxError, TmuxMissing

Command = Sequence[str]

TIMEOUT_SECONDS = 10.0
_NO_SERVER = ("no server running", "error connecting to", "server exited", "lost server")


@dataclass(frozen=True, slots=True)
class Reply:
    """Lines a command printed; `error` is tmux's own message when it failed."""

    lines: tuple[str, ...]
    error: str | None = None

    def value(self) -> tuple[str, ...]:
        """The lines; TmuxError when the command failed."""
        if self.error is not None:
            raise TmuxError(f"tmux: {self.error}")
        return self.lines


class Connection(Protocol):
    """Blocking and safe to call from one thread at a time."""

    def batch(self, commands: Sequence[Command]) -> list[Reply]:
        """Run the commands in order, each whatever became of the others; one reply each."""

    def close(self) -> None: ...


class NoServer(TmuxError):
    """The private tmux server is not running."""


def check_words(command: Command) -> None:
    """TmuxError for a command that would break the script it travels in, and with it the commands of others."""
    for word in command:
        if "\n" in word or "\0" in word:
            raise TmuxError("A word for tmux cannot hold a line break or a NUL character.")
        if not word.isascii() and any("\ud800" <= letter <= "\udfff" for letter in word):
            raise TmuxError("A word for tmux must be valid Unicode text.")


def quote(word: str) -> str:
    """`word`, which `check_words` let pass, as one literal word of tmux's own command language."""
    check_words((word,))
    return "'" + word.replace("'", "'\\''").replace("\r", "'\"\\r\"'") + "'"


def literal_path(path: str) -> str:
    """A path for a command that expands formats in it (`load-buffer`, `-c`)."""
    return path.replace("#", "##")


class SubprocessConnection:
    """Each batch is one run of the tmux client on the private socket."""

    def __init__(self, socket: str, environment: dict[str, str] | None = None) -> None:
        self.argv = ["tmux", "-u", "-L", socket, "-f", "/dev/null"]
        self._environment = environment

    def batch(self, commands: Sequence[Command]) -> list[Reply]:
        if not commands:
            return []
        mark = secrets.token_hex(8)
        lines = [
            f"{' '.join(quote(word) for word in command)} ; display-message -p '{mark} {number}'"
            for number, command in enumerate(commands)
        ]
        done = self._start(["source-file", "-"], "\n".join(lines) + "\n")
        return _split_replies(done.stdout, done.stderr, mark, len(commands))

    def command(self, *argv: str) -> Reply:
        """One command by argv, for the moments before a server runs."""
        done = self._start(list(argv), "")
        error = (done.stderr.strip() or f"exit {done.returncode}") if done.returncode else None
        return Reply(tuple(done.stdout.splitlines()), error)

    def close(self) -> None:
        """Nothing stays open."""

    def _start(self, argv: list[str], script: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                [*self.argv, *argv],
                input=script,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                env=os.environ if self._environment is None else self._environment,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise TmuxMissing(
                "tmux is not installed.", hint="Install it, for example: apt-get install tmux (or brew install tmux)."
            ) from None
        except OSError as error:
            raise TmuxError(f"tmux could not be started: {error.strerror}.") from error
        except subprocess.TimeoutExpired:
            raise TmuxError(f"tmux did not answer within {TIMEOUT_SECONDS:.0f} s.") from None


def says_no_server(message: str) -> bool:
    return any(words in message for words in _NO_SERVER)


def _split_replies(output: str, errors: str, mark: str, count: int) -> list[Reply]:
    """Give each command its lines. A command without its closing mark has failed, and the n-th message of tmux
    belongs to the n-th that did."""
    messages = [line for line in errors.splitlines() if line]
    if messages and says_no_server(messages[0]) and mark not in output:
        raise NoServer(f"tmux: {messages[0]}")
    replies: list[Reply] = []
    lines: list[str] = []
    for line in output.split("\n")[:-1]:
        if not line.startswith(mark):
            lines.append(line)
            continue
        number = int(line[len(mark) + 1 :])
        replies.extend(_failures(messages, number - len(replies)))
        replies.append(Reply(tuple(lines)))
        lines = []
    replies.extend(_failures(messages, count - len(replies)))
    return replies


def _failures(messages: list[str], count: int) -> list[Reply]:
    return [Reply((), messages.pop(0) if messages else "the command failed") for _ in range(count)]
