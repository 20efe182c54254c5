"""`omar` on a terminal: the dashboard."""

from __future__ import annotations


def run() -> int:
    """Show the dashboard until it is left; the daemon is started when needed and goes on afterwards."""
    from shared import local_daemon

    local_daemon.ensure_running()
    from omar_daemon.dashboard.app import Dashboard

    return Dashboard().run() or 0
