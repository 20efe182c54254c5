"""`/api/events`: messages to agents, now, later or again and again (seed 002)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from omar_daemon.agents_api.answers import refusals
from omar_daemon.agents_api.models import EventBody
from omar_daemon.bodies import json_body
from omar_daemon.events.requests import PAYLOAD_BYTES, EventRequest
from omar_daemon.routing import Access, ApiError, ApiRoute, route
from omar_daemon.services import services

BODY_BYTES = 6 * PAYLOAD_BYTES + 64 * 1024
# What the state is called outside, and in the store.
STATES = {"waiting": "waiting", "pending": "waiting", "dead": "dead"}


async def schedule(request: Request) -> Response:
    """POST: `{id, timestamp}`, when it is on the disk; 400, 404, 409, 422."""
    body = await json_body(request, EventBody, limit=BODY_BYTES)
    with refusals():
        return JSONResponse(await services(request).events.schedule(EventRequest(**body.model_dump())))


async def listing(request: Request) -> Response:
    """GET: `{events}` by time; `?receiver=`, `?state=dead` for those that could not be delivered."""
    state = request.query_params.get("state", "waiting")
    if state not in STATES:
        raise ApiError(400, "state must be waiting or dead.")
    found = services(request).events.listing(receiver=request.query_params.get("receiver"), state=STATES[state])
    return JSONResponse({"events": found})


async def cancel(request: Request) -> Response:
    """DELETE: `{status, id}`; 404."""
    identifier = str(request.path_params["id"])
    with refusals():
        await services(request).events.cancel(identifier)
    return JSONResponse({"status": "cancelled", "id": identifier})


def routes() -> list[ApiRoute]:
    return [
        route("/api/events", schedule, methods=["POST"], access=Access.LOCAL, scope="agents"),
        route("/api/events", listing, methods=["GET", "HEAD"], access=Access.LOCAL, scope="agents"),
        route("/api/events/{id}", cancel, methods=["DELETE"], access=Access.LOCAL, scope="agents"),
    ]
