"""The OMAR surface of the daemon: `/api/agents`, `/api/events`, `/api/projects`, `/api/backends` (seed 002)."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from omar_daemon.routing import Surface

if TYPE_CHECKING:
    from omar_daemon.services import Services


def surface() -> Surface:
    """Everything below /api; its errors are `{"error": "<sentence>"}`."""
    from omar_daemon.agents_api import agents, backends, events, projects, stream
    from omar_daemon.agents_api.answers import error

    routes = (*agents.routes(), *stream.routes(), *events.routes(), *projects.routes(), *backends.routes())
    return Surface("agents", "/api", routes, error, lifespan=_lifespan)


@contextlib.asynccontextmanager
async def _lifespan(services: Services) -> AsyncIterator[None]:
    """Events are delivered while the daemon serves."""
    from omar_daemon.briefing import Briefing

    services.fleet.briefing = Briefing(services.fleet, services.events, services.projects).text
    await services.events.start()
    try:
        yield
    finally:
        await services.events.stop()
