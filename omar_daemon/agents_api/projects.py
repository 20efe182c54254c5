"""`/api/projects`: the list in ~/.omar/tasks.md (seed 002)."""

from __future__ import annotations

from dataclasses import asdict

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from omar_daemon.agents_api.answers import refusals
from omar_daemon.agents_api.models import ProjectBody
from omar_daemon.bodies import json_body
from omar_daemon.routing import Access, ApiError, ApiRoute, route
from omar_daemon.services import services

BODY_BYTES = 64 * 1024


async def listing(request: Request) -> Response:
    """GET: `{projects: [{id, name}]}` in the file's order."""
    with refusals():
        found = await run_in_threadpool(services(request).projects.all)
    return JSONResponse({"projects": [asdict(project) for project in found]})


async def add(request: Request) -> Response:
    """POST: `{id, name}`; 422 for a name that is no line."""
    body = await json_body(request, ProjectBody, limit=BODY_BYTES)
    with refusals():
        return JSONResponse(asdict(await run_in_threadpool(services(request).projects.add, body.name)))


async def complete(request: Request) -> Response:
    """DELETE: `{status, message}`; 400, 404."""
    text = str(request.path_params["id"])
    if not (text.isascii() and text.isdigit()):
        raise ApiError(400, f"A project's id is a number, not {text!r}.")
    with refusals():
        await run_in_threadpool(services(request).projects.complete, int(text[:18]))
    return JSONResponse({"status": "completed", "message": f"Project {text} removed"})


def routes() -> list[ApiRoute]:
    return [
        route("/api/projects", listing, methods=["GET", "HEAD"], access=Access.LOCAL, scope="agents"),
        route("/api/projects", add, methods=["POST"], access=Access.LOCAL, scope="agents"),
        route("/api/projects/{id}", complete, methods=["DELETE"], access=Access.LOCAL, scope="agents"),
    ]
