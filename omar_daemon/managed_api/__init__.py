"""`/v1/*`: managed agents, as the official SDK and seed 001 expect them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from starlette.middleware import Middleware

from omar_daemon.managed_api import (
    agents,
    api_keys,
    credentials,
    environments,
    errors,
    events,
    files,
    memories,
    memory_stores,
    model_cards,
    models,
    openapi,
    session_resources,
    session_results,
    sessions,
    skills,
    streams,
    threads,
    vaults,
)
from omar_daemon.managed_api.exchange import PREFIX, ExchangeLayer
from omar_daemon.routing import Surface

if TYPE_CHECKING:
    from omar_daemon.services import Services

_MODULES = (
    agents, environments, sessions, session_resources, session_results, streams, events, threads, files, skills,
    vaults, credentials, memory_stores, memories, model_cards, models, api_keys,
    openapi,
)  # fmt: skip


def modules() -> tuple[Any, ...]:
    """The modules whose routes this surface serves."""
    return _MODULES


DEFAULT_REQUESTS_PER_MINUTE = 20_000


def surface(requests_per_minute: int = DEFAULT_REQUESTS_PER_MINUTE) -> Surface:
    """The surface; `requests_per_minute` is what one key may send."""
    layer = Middleware(ExchangeLayer, requests_per_minute=requests_per_minute, refuse=errors.shape)
    routes = tuple(route for module in _MODULES for route in module.routes())
    return Surface("managed", PREFIX, routes, errors.shape, middleware=(layer,), lifespan=_sessions_of)


@contextlib.asynccontextmanager
async def _sessions_of(services: Services) -> AsyncIterator[None]:
    """The sessions work as long as the daemon serves; streams end as soon as it is told to stop."""
    await services.managed.start()
    ending = asyncio.create_task(_stop_with(services))
    try:
        yield
    finally:
        services.stopping.set()
        await ending


async def _stop_with(services: Services) -> None:
    await services.stopping.wait()
    await services.managed.stop()
