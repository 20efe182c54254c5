"""The OMAR surface of the daemon: `/api/agents`, `/api/backends` (seed 002)."""

from __future__ import annotations

from omar_daemon.routing import Surface


def surface() -> Surface:
    """Everything below /api; its errors are `{"error": "<sentence>"}`."""
    from omar_daemon.agents_api import agents, backends
    from omar_daemon.agents_api.answers import error

    return Surface("agents", "/api", (*agents.routes(), *backends.routes()), error)
