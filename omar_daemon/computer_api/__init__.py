"""`/api/computer/*`: the desktop of this machine for one agent at a time (seed 002)."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from omar_daemon.routing import ApiError, Surface

if TYPE_CHECKING:
    from omar_daemon.services import Services


def error(problem: ApiError) -> Response:
    """Every error is `{"error": "<sentence>"}`."""
    return JSONResponse({"error": problem.message}, status_code=problem.status, headers=problem.headers)


def surface() -> Surface:
    from omar_daemon.computer_api.routes import Desk

    desk = Desk()

    @contextlib.asynccontextmanager
    async def lifespan(services: Services) -> AsyncIterator[None]:
        desk.open(services)
        try:
            yield
        finally:
            await desk.computer.close()

    return Surface("computer", "/api/computer", desk.routes(), error, lifespan=lifespan)
