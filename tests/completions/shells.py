"""Real shells in a real terminal, with the three commands on PATH."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from tests.backends.terminal import Terminal, terminal

Shell = Literal["bash", "zsh", "fish"]
SHELLS: tuple[Shell, ...] = ("bash", "zsh", "fish")
REPOSITORY = Path(__file__).resolve().parents[2]
BARE = {"bash": ["bash", "--norc", "-i"], "zsh": ["zsh", "-f", "-i"], "fish": ["fish", "--no-config", "-i"]}
LOADED = {"zsh": "autoload -Uz compinit && compinit -u -D && "}
PROMPT = {"bash": "PS1='ready> '", "zsh": "PS1='ready> '", "fish": "function fish_prompt; echo 'ready> '; end"}


def require(shell: Shell) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"NOT TESTED with the real {shell}: it is not installed (Debian: apt-get install {shell})")


def environment() -> dict[str, str]:
    """The test's own environment with the commands of this environment in front."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "LC_ALL": "C.UTF-8", "SHELL": "/bin/sh"}


class Session:
    """One interactive shell."""

    def __init__(self, shell: Shell, screen: Terminal) -> None:
        self.shell = shell
        self.screen = screen

    def set_prompt(self) -> None:
        """A prompt of our own tells when the shell has read what was typed."""
        self.enter(PROMPT[self.shell])
        self.screen.wait_for(r"(?m)^ready> *$")

    def load(self, *files: Path) -> None:
        for file in files:
            self.enter(f"{LOADED.get(self.shell, '')}source '{file}' && clear")
        self.screen.wait_for(r"\A(ready> *)\s*\Z")

    def enter(self, line: str) -> None:
        self.type(line)
        self.screen.tmux("send-keys", "-t", "=agent:", "Enter")

    def type(self, text: str) -> None:
        self.screen.tmux("send-keys", "-t", "=agent:", "-l", text)

    def completes(self, typed: str, wanted: str) -> None:
        """`typed` and TAB gives `wanted`; the line is then cleared."""
        self.type(typed)
        self.screen.wait_for(rf"(?m)^ready> {typed}")
        self.screen.tmux("send-keys", "-t", "=agent:", "Tab")
        self.screen.wait_for(rf"(?m)^ready> {wanted.rstrip()}\s*$")
        self.screen.tmux("send-keys", "-t", "=agent:", "C-u")
        self.screen.wait_for(r"(?m)^ready> *$")


@contextmanager
def bare_shell(shell: Shell, folder: Path, *files: Path) -> Iterator[Session]:
    """A shell without start-up files in which the completion `files` are loaded."""
    require(shell)
    with terminal() as screen:
        session = Session(shell, screen)
        screen.start(BARE[shell], environment(), folder)
        session.set_prompt()
        session.load(*files)
        yield session


@contextmanager
def users_shell(shell: Shell, folder: Path) -> Iterator[Session]:
    """A shell as the user starts it, with the start-up files of the test's home."""
    require(shell)
    with terminal() as screen:
        session = Session(shell, screen)
        screen.start([shell, "-i"], environment(), folder)
        session.set_prompt()
        yield session
