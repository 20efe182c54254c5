"""Builds the daemon's Starlette app from lists: surfaces, middleware, one error mapping."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from omar_daemon import agents_api, anchors_api, computer_api, managed_api, metrics_api, system_api
from omar_daemon.drain import draining
from omar_daemon.harness.sandbox.callers import is_sandboxed
from omar_daemon.routing import ApiError, ApiRoute, RouteIndex, Surface, surface_of
from omar_daemon.security import CORS_HEADERS, AccessGuard, CorsLayer, HostGuard, OriginGuard, is_loopback_address
from omar_daemon.services import Services

log = logging.getLogger("omar.app")


def surfaces(requests_per_minute: int = managed_api.DEFAULT_REQUESTS_PER_MINUTE) -> list[Surface]:
    """Every surface of the daemon. The system's comes last: it answers for paths nobody else has."""
    return [
        agents_api.surface(),
        computer_api.surface(),
        metrics_api.surface(),
        anchors_api.surface(),
        managed_api.surface(requests_per_minute),
        system_api.surface(),
    ]


def build_app(services: Services) -> Starlette:
    """The whole daemon as one ASGI app; `services.fleet` lives as long as the app's lifespan."""
    settings = services.settings
    listed = surfaces(settings.integer("managed.requests_per_minute"))
    names = settings.items("api.allowed_hosts")

    def refuse(path: str, problem: ApiError) -> Response:
        return surface_of(listed, path).error(problem)

    async def is_tool(request: Request) -> bool:
        return request.client is not None and await is_sandboxed(request.client, request.scope["server"])

    app = Starlette(
        routes=[RouteIndex(_ordered_routes(listed))],
        middleware=[
            Middleware(CorsLayer),
            *[layer for surface in listed for layer in surface.middleware],
            Middleware(HostGuard, names=names, refuse=refuse),
            Middleware(OriginGuard, names=names, port=services.port, keys=services.keys, refuse=refuse),
        ],
        exception_handlers=_exception_handlers(listed),
        lifespan=_lifespan_of(listed),
    )
    app.router.redirect_slashes = False
    app.state.services = services
    app.state.guard = AccessGuard(
        keys=services.keys,
        require_token=settings.flag("api.require_token"),
        bound_to_loopback=is_loopback_address(settings.text("api.host")),
        is_tool=is_tool,
    )
    return app


def _ordered_routes(listed: Sequence[Surface]) -> list[ApiRoute]:
    return [route for surface in listed for route in surface.routes]


def _lifespan_of(listed: Sequence[Surface]) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        services: Services = app.state.services
        await services.fleet.start()
        try:
            async with contextlib.AsyncExitStack() as stack:
                for surface in listed:
                    if surface.lifespan is not None:
                        await stack.enter_async_context(surface.lifespan(services))
                await stack.enter_async_context(draining())
                yield
        finally:
            services.stopping.set()
            await services.fleet.stop()

    return lifespan


def _exception_handlers(listed: Sequence[Surface]) -> dict[Any, Any]:
    def answer(request: Request, problem: ApiError) -> Response:
        return surface_of(listed, request.url.path).error(problem)

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)
        return answer(request, error)

    async def framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return answer(request, _framework_error(request, error))

    async def unexpected(request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        # Starlette answers this one outside of all middleware.
        problem = ApiError(500, "Something went wrong inside the daemon; see `omar logs`.", headers=CORS_HEADERS)
        return answer(request, problem)

    return {ApiError: refused, HTTPException: framework, Exception: unexpected}


def _framework_error(request: Request, error: HTTPException) -> ApiError:
    if error.status_code == 404:
        return ApiError(404, f"There is nothing at {request.url.path}.", code="not_found")
    if error.status_code == 405:
        sentence = f"{request.url.path} does not answer {request.method}."
        return ApiError(405, sentence, code="invalid_request", headers=error.headers)
    return ApiError(error.status_code, str(error.detail), headers=error.headers)
