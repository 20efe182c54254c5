"""How omar's own commands talk to the daemon."""

from __future__ import annotations

from shared import __version__, local_daemon
from shared.errors import UnavailableError
from shared.http import Client

USER_AGENT = f"omar/{__version__}"
ANSWER_SECONDS = 60.0


def daemon_client(*, start: bool = False, seconds: float = ANSWER_SECONDS) -> Client:
    """A client of the running daemon, with the owner's key; UnavailableError when none runs.

    With `start` the daemon is started when needed; commands that only read leave it alone.
    """
    if start:
        return owner_client(seconds=seconds)
    record = local_daemon.running()
    if record is None:
        raise UnavailableError("The daemon does not run.", hint="Start it with `omar up`.")
    return _client(record.base_url, seconds)


def owner_client(*, seconds: float = ANSWER_SECONDS) -> Client:
    """A client of the daemon, started when needed, with the owner's key."""
    return _client(local_daemon.ensure_running(), seconds)


def _client(base_url: str, seconds: float) -> Client:
    return Client(base_url, user_agent=USER_AGENT, token=local_daemon.owner_key(), total_seconds=seconds)
