"""What a handler may use: found on `request.app.state.services`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import Request

from omar_daemon.routing import Principal
from shared.config import Config

if TYPE_CHECKING:
    from omar_daemon.events.scheduler import Scheduler
    from omar_daemon.fleet import Fleet
    from omar_daemon.harness.manager import Managed
    from omar_daemon.projects import Projects
    from omar_daemon.store.engine import Store
    from omar_daemon.store.keys import Keys


@dataclass
class Services:
    """The daemon's parts. `stopping` is set when streams must end; `port` is the one that is served."""

    settings: Config
    store: Store
    keys: Keys
    fleet: Fleet
    events: Scheduler
    projects: Projects
    managed: Managed
    port: int
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


def services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


def principal(request: Request) -> Principal:
    """Who is calling; set by the route before its endpoint runs."""
    found: Principal = request.state.principal
    return found
