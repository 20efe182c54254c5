"""`/api/agents`: spawn, list, look, type, kill (seed 002)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from omar_daemon.agents_api.answers import query_flag, query_number, refusals
from omar_daemon.agents_api.models import SendBody, SpawnBody, StatusBody
from omar_daemon.bodies import json_body
from omar_daemon.fleet.health import HEALTHS
from omar_daemon.fleet.launch import SpawnRequest, short_name
from omar_daemon.routing import Access, ApiError, ApiRoute, route
from omar_daemon.services import services

TAIL_LINES, MOST_TAIL_LINES = 200, 10_000
STATUS_BYTES = 64 * 1024
TEXT_BYTES = 4 * 1024 * 1024
# JSON may write one character as six.
BODY_BYTES = 6 * TEXT_BYTES


async def spawn(request: Request) -> Response:
    """POST: `{id, status, session, created_at}`; 400, 409, 422, 429, 500."""
    body = await json_body(request, SpawnBody, optional=True)
    values = body.model_dump(exclude={"env"})
    wanted = SpawnRequest(**values, env=body.env or {})
    with refusals():
        return JSONResponse(await services(request).fleet.spawn(wanted))


async def overview(request: Request) -> Response:
    """GET: `{agents, manager}`, by name; `?parent=` and `?health=` choose."""
    state = request.query_params.get("health")
    if state is not None and state not in HEALTHS:
        raise ApiError(400, f"health must be one of {', '.join(HEALTHS)}.")
    parent = request.query_params.get("parent")
    with refusals():
        return JSONResponse(await services(request).fleet.overview(parent=parent, state=state))


async def detail(request: Request) -> Response:
    """GET one agent; `?lines=` of its output; 404."""
    lines = query_number(request, "lines", TAIL_LINES, MOST_TAIL_LINES)
    with refusals():
        return JSONResponse(await services(request).fleet.detail(_id(request), lines))


async def summary(request: Request) -> Response:
    """GET: `{id, health, task, status, children}`; 404."""
    with refusals():
        return JSONResponse(await services(request).fleet.summary(_id(request)))


async def put_status(request: Request) -> Response:
    """PUT an agent's own report; 404, 413, 422."""
    body = await json_body(request, StatusBody, limit=6 * STATUS_BYTES + 1024)
    if len(_encoded(body.status, "status")) > STATUS_BYTES:
        raise ApiError(413, f"status is larger than {STATUS_BYTES} bytes.")
    with refusals():
        await services(request).fleet.set_status(_id(request), body.status)
    return JSONResponse({"status": "updated", "message": f"Status updated for '{short_name(_id(request))}'"})


async def send(request: Request) -> Response:
    """POST: type `text`, with `enter` submit it; 400, 404, 409, 413, 422."""
    body = await json_body(request, SendBody, limit=BODY_BYTES)
    if len(_encoded(body.text, "text")) > TEXT_BYTES:
        raise ApiError(413, f"text is larger than {TEXT_BYTES} bytes.")
    with refusals():
        options = {"enter": body.enter, "raw": body.raw, "force": body.force}
        await services(request).fleet.send(_id(request), body.text, **options)
    return JSONResponse({"status": "sent"})


async def kill(request: Request) -> Response:
    """DELETE: `{status, message, events_cancelled, children_orphaned}`; 403, 404."""
    force, tree = query_flag(request, "force"), query_flag(request, "tree")
    with refusals():
        counts = await services(request).fleet.kill(_id(request), force=force, tree=tree)
    kept = [
        f" Its worktree {one['path']} is kept: {one['reason']}." for one in counts.get("worktrees", []) if one["reason"]
    ]
    message = f"Agent '{short_name(_id(request))}' killed"
    return JSONResponse({"status": "killed", "message": ".".join([message, *kept]) if kept else message, **counts})


def routes() -> list[ApiRoute]:
    agents, one = "/api/agents", "/api/agents/{id}"
    return [
        _route(agents, spawn, "POST"),
        _route(agents, overview, "GET", "HEAD"),
        _route(one, detail, "GET", "HEAD"),
        _route(one, kill, "DELETE"),
        _route(f"{one}/summary", summary, "GET", "HEAD"),
        _route(f"{one}/status", put_status, "PUT"),
        _route(f"{one}/send", send, "POST"),
    ]


def _route(path: str, endpoint: Callable[..., Any], *methods: str) -> ApiRoute:
    return route(path, endpoint, methods=methods, access=Access.LOCAL, scope="agents")


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _encoded(text: str, what: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ApiError(422, f"{what}: not valid Unicode text.") from None
