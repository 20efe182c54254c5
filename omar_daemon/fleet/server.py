"""Setting up the private tmux server, and a rare question to it (libtmux)."""

from __future__ import annotations

import re
from pathlib import Path

from omar_daemon.fleet.connection import SubprocessConnection
from omar_daemon.fleet.errors import TmuxError, TmuxMissing

LEAST_VERSION = (3, 0)
KEEPER = "omar-keeper"
WIDTH, HEIGHT = 120, 40
HISTORY_LINES = 12_000

# Set before the first pane exists: a pane keeps the history limit it was born with.
_OPTIONS = (
    ("set-option", "-s", "exit-empty", "off"),
    ("set-option", "-s", "escape-time", "10"),
    ("set-option", "-g", "history-limit", str(HISTORY_LINES)),
    ("set-option", "-g", "default-size", f"{WIDTH}x{HEIGHT}"),
    ("set-option", "-g", "default-terminal", "screen-256color"),
    ("set-option", "-g", "update-environment", ""),
    ("set-option", "-g", "bell-action", "none"),
    ("set-option", "-wg", "remain-on-exit", "on"),
    ("set-option", "-wgq", "remain-on-exit-format", ""),
    ("set-option", "-wg", "automatic-rename", "off"),
    ("set-option", "-wg", "allow-rename", "off"),
    ("set-option", "-g", "status-left-length", "80"),
    ("set-option", "-g", "status-left", " #{s/omar-agent-//:session_name} · Ctrl-\\ leaves it running "),
    ("set-option", "-g", "status-right", ""),
    ("set-option", "-wg", "window-status-format", ""),
    ("set-option", "-wg", "window-status-current-format", ""),
    ("bind-key", "-n", "C-\\", "detach-client"),
)


def ensure(connection: SubprocessConnection) -> None:
    """Start the server if it is not running, set its options and the keeper session. Repeatable.

    Raises TmuxMissing (a tmux that is too old is none) or TmuxError with tmux's own words.
    """
    _refuse_old(connection)
    started = connection.command("start-server", ";", "set-option", "-s", "exit-empty", "off")
    if started.error is not None:
        raise TmuxError(f"The tmux server could not be started: {started.error}")
    for reply in connection.batch(_OPTIONS):
        reply.value()
    _ensure_keeper(connection)


def _refuse_old(connection: SubprocessConnection) -> None:
    said = " ".join(connection.command("-V").lines)
    version = re.search(r"(\d+)\.(\d+)", said)
    if version is not None and (int(version[1]), int(version[2])) < LEAST_VERSION:
        raise TmuxMissing(f"{said} is too old: tmux {'.'.join(map(str, LEAST_VERSION))} or newer is needed.")


def _ensure_keeper(connection: SubprocessConnection) -> None:
    """A session whose program has ended and stays: the control client needs something to attach to."""
    if connection.command("has-session", "-t", f"={KEEPER}").error is None:
        return
    made = connection.command("new-session", "-d", "-s", KEEPER, "-c", str(Path("/")), "exec true")
    if made.error is not None and "duplicate session" not in made.error:
        raise TmuxError(f"The tmux server could not be set up: {made.error}")


def end_if_empty(connection: SubprocessConnection) -> None:
    """End the server when only the keeper is left in it: nothing of ours stays behind a daemon that was stopped."""
    listed = connection.command("list-sessions", "-F", "#{session_name}")
    if listed.error is None and listed.lines == (KEEPER,):
        connection.command("kill-server")


def has_session(socket: str, session: str) -> bool:
    """Whether the private server has a session of exactly this name; TmuxMissing without tmux."""
    import libtmux
    from libtmux.exc import TmuxCommandNotFound

    try:
        return libtmux.Server(socket_name=socket, config_file="/dev/null").has_session(session, exact=True)
    except TmuxCommandNotFound:
        raise TmuxMissing(
            "tmux is not installed.", hint="Install it, for example: apt-get install tmux (or brew install tmux)."
        ) from None
