"""`GET /api/backends`: which agent programs this machine has (seed 002)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from omar_daemon.routing import Access, ApiRoute, route
from omar_daemon.services import services


async def list_backends(request: Request) -> Response:
    """GET: `{backends: [{name, command, available}]}`."""
    return JSONResponse({"backends": await services(request).fleet.probe.backends()})


def routes() -> list[ApiRoute]:
    return [route("/api/backends", list_backends, methods=["GET", "HEAD"], access=Access.LOCAL, scope="agents")]
