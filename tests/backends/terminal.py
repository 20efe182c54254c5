"""A terminal for an interactive program: one pane of a private tmux server."""

from __future__ import annotations

import re
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Terminal:
    socket: str

    def tmux(self, *arguments: str, text: str | None = None) -> str:
        command = ["tmux", "-L", self.socket, "-f", "/dev/null", *arguments]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=20, check=True)
        return done.stdout

    def start(self, command: list[str], environment: dict[str, str], folder: Path) -> None:
        """`env -i` first: the tmux server hands its own environment down to the pane."""
        exact = [f"{name}={value}" for name, value in environment.items()] + ["TERM=screen-256color"]
        place = ["-d", "-s", "agent", "-x", "120", "-y", "40", "-c", str(folder)]
        self.tmux("new-session", *place, "env", "-i", *exact, *command)

    def screen(self) -> str:
        return self.tmux("capture-pane", "-p", "-t", "=agent:")

    def wait_for(self, pattern: str, seconds: float = 30) -> str:
        """The screen as soon as `pattern` stands on it; AssertionError with the screen if it does not come."""
        deadline = time.monotonic() + seconds
        while not re.search(pattern, screen := self.screen()):
            if time.monotonic() > deadline:
                raise AssertionError(f"{pattern!r} did not come within {seconds} s; the screen:\n{screen}")
            time.sleep(0.05)
        return screen

    def submit(self, text: str) -> None:
        """Paste `text`, see it on the screen, press Enter."""
        self.tmux("load-buffer", "-b", "task", "-", text=text)
        self.tmux("paste-buffer", "-p", "-r", "-d", "-b", "task", "-t", "=agent:")
        self.wait_for(re.escape(text.split()[-1]))
        time.sleep(0.5)  # an Enter that comes with the paste is taken as a part of it
        self.tmux("send-keys", "-t", "=agent:", "Enter")


@contextmanager
def terminal() -> Iterator[Terminal]:
    made = Terminal(f"oma-test-{secrets.token_hex(6)}")
    try:
        yield made
    finally:
        subprocess.run(["tmux", "-L", made.socket, "kill-server"], capture_output=True, timeout=20, check=False)
