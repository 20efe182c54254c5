"""`omar attach NAME`: look over an agent's shoulder, in tmux."""

from __future__ import annotations

import os
import subprocess
import sys

from omar_daemon.fleet import panes, server
from shared import output
from shared.errors import OmaError, UsageError


def run(*, name: str, dry_run: bool = False) -> int:
    """Attach this terminal to the agent's session; Ctrl-\\ (or the tmux prefix and d) leaves it running."""
    from omar_daemon.fleet.launch import checked_name
    from omar_daemon.fleet.options import socket_name
    from omar_daemon.settings import SETTINGS
    from shared import config

    session, socket = panes.PREFIX + checked_name(name), socket_name(config.load("omar", SETTINGS))
    if not server.has_session(socket, session):
        raise OmaError(f"Agent '{name}' has no session to attach to.", hint="`omar list` shows the agents.")
    argv = ["tmux", "-u", "-L", socket, "attach-session", "-t", f"={session}"]
    if dry_run:
        output.print_text(" ".join(argv))
        return 0
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("omar attach needs a terminal.", hint=f"omar show {name} prints the screen.")
    # Inside another tmux the private server is a different one: nesting is meant.
    environment = {key: value for key, value in os.environ.items() if key not in ("TMUX", "TMUX_PANE")}
    return subprocess.run(argv, env=environment, check=False).returncode
