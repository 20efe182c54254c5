"""From a request to a program in a pane: checks, and the 0600 file that starts it.

The start file carries environment and command, so that neither is ever in an argv or in tmux's environment; it
removes itself as its first act.
"""

from __future__ import annotations

import re
import shlex
import shutil
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from omar_daemon.fleet import environment, panes, spool
from omar_daemon.fleet.backends import first_program
from omar_daemon.fleet.errors import InvalidRequest

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_MODEL = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./-]{0,199}\Z")


@dataclass(frozen=True)
class SpawnRequest:
    """What POST /api/agents may ask for (seed 002)."""

    name: str | None = None
    task: str | None = None
    workdir: str | None = None
    backend: str | None = None
    model: str | None = None
    command: str | None = None
    parent: str | None = None
    role: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    worktree: bool = False
    """Work in a git worktree and on a branch of its own."""
    briefing: str = ""
    """The state of things, told to the manager at its start."""


def short_name(name: str) -> str:
    """The short form of a short or full agent name."""
    return name.removeprefix(panes.PREFIX)


def checked_name(name: str, what: str = "name") -> str:
    """The short form; InvalidRequest unless it may reach tmux and the file system."""
    short = short_name(name)
    if not _NAME.match(short):
        raise InvalidRequest(f"{what} must be 1 to 64 letters, digits, '-' or '_'.")
    if short.startswith(panes.PREFIX):
        # Its short form would be taken for the full name of another agent.
        raise InvalidRequest(f"{what} must not begin with '{panes.PREFIX}' twice.")
    return short


def checked_model(model: str) -> str:
    if not _MODEL.match(model):
        raise InvalidRequest("Invalid model name. Only letters, digits, '-', '_', '.' and '/' are allowed.")
    return model


def checked_environment(env: Mapping[str, str]) -> dict[str, str]:
    for name, value in env.items():
        if not environment.is_variable(name):
            raise InvalidRequest(f"env: {name!r} is not the name of an environment variable.")
        checked_text(value, f"env.{name}")
    return dict(env)


def checked_text(text: str, what: str) -> str:
    """InvalidRequest for what no file and no process can be given: NUL and halves of characters."""
    if "\0" in text:
        raise InvalidRequest(f"{what} must not hold a NUL character.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidRequest(f"{what} is not valid Unicode text.") from None
    return text


def checked_workdir(workdir: str | None, default: str) -> str:
    """An existing directory as an absolute path; InvalidRequest otherwise."""
    text = checked_text(workdir or default, "workdir")
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise InvalidRequest("workdir must not hold a line break or another control character.")
    chosen = Path(text).expanduser()
    if not chosen.is_absolute():
        raise InvalidRequest(f"workdir must be an absolute path, not {workdir!r}.")
    try:
        is_directory = chosen.is_dir()
    except OSError:
        is_directory = False
    if not is_directory:
        raise InvalidRequest(f"workdir {str(chosen)!r} is not a directory.")
    return str(chosen)


def as_one_process(command: str) -> str:
    """A simple command line that takes the shell's place, so that the pane's process is the program itself.

    Not every shell does that by itself, and a program's live state is found by its pid. Anything a shell must
    interpret stays as it is.
    """
    words = command.split(maxsplit=1)
    if first_program(command) is None or not words or words[0] == "exec":
        return command
    if _ASSIGNMENT.match(words[0]):
        return f"exec env {command}"
    return f"exec {command}" if shutil.which(words[0]) or "/" in words[0] else command


def start_file(command: str, workdir: str, variables: Mapping[str, str], umask: int) -> Path:
    """Write the file `/bin/sh` runs in the new pane: environment, directory, then the command by the person's shell."""
    shell = environment.user_shell(variables)
    spool_path = spool.put("start", b"")
    lines = [
        f"rm -f -- {shlex.quote(str(spool_path))}",
        f"umask {umask:04o}",
        *(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
        f"cd -- {shlex.quote(workdir)} || exit 126",
        f"exec {shlex.quote(shell)} -c {shlex.quote(command)}",
    ]
    spool_path.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape") + b"\n")
    return spool_path
