"""`omar down`: drain and stop the daemon; agents live on in tmux."""

from __future__ import annotations

import contextlib

from shared import local_daemon, output


def run(*, dry_run: bool) -> int:
    from omar_daemon import lifecycle

    record = local_daemon.running()
    if record is None:
        if not dry_run:
            _end_what_a_killed_daemon_left()
        output.say("No daemon runs.")
        return 0
    if dry_run:
        output.say(f"Would stop the daemon on {record.base_url} (pid {record.pid}); agents would live on in tmux.")
        return 0
    lifecycle.down(record)
    if _agents_live_on():
        output.say("The daemon is stopped. Agents live on in tmux; `omar up` shows them again.")
    else:
        output.say("The daemon is stopped.")
    return 0


def _end_what_a_killed_daemon_left() -> None:
    """A daemon that was killed could not take its tmux server with it; one that still holds an agent stays."""
    from omar_daemon.fleet import control, environment, server
    from omar_daemon.fleet.connection import SubprocessConnection
    from omar_daemon.fleet.errors import TmuxError
    from shared.errors import ConfigError

    control.end_abandoned()
    with contextlib.suppress(TmuxError, ConfigError):
        server.end_if_empty(SubprocessConnection(_socket(), environment.server_environment()))


def _agents_live_on() -> bool:
    """The daemon takes the private tmux server with it when no agent is left there."""
    from omar_daemon.fleet import server
    from omar_daemon.fleet.errors import TmuxMissing
    from shared.errors import ConfigError

    try:
        return server.has_session(_socket(), server.KEEPER)
    except (TmuxMissing, ConfigError):
        return False


def _socket() -> str:
    from omar_daemon.fleet.options import socket_name
    from omar_daemon.settings import SETTINGS
    from shared import config

    return socket_name(config.load("omar", SETTINGS))
