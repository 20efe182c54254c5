"""/api/health and /api/keys: the daemon itself rather than what it manages."""

from __future__ import annotations

import os
import time

from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from omar_daemon.bodies import json_body
from omar_daemon.routing import Access, ApiError, Surface, route
from omar_daemon.security import known_scopes
from omar_daemon.services import services
from shared import __version__

STARTED = time.time()


class KeyRequest(BaseModel):
    """POST /api/keys. `expires_in` is seconds from now; without it the key does not expire."""

    name: str = Field(min_length=1, max_length=200)
    user: str | None = Field(default=None, min_length=1, max_length=200)
    scopes: list[str] = Field(min_length=1)
    expires_in: float | None = Field(default=None, gt=0)


async def health(_request: Request) -> Response:
    """GET /api/health: `{status, version, uptime_seconds, pid}` (seed 002)."""
    uptime = round(time.time() - STARTED, 3)
    return JSONResponse({"status": "ok", "version": __version__, "uptime_seconds": uptime, "pid": os.getpid()})


async def list_keys(request: Request) -> Response:
    keys = await run_in_threadpool(services(request).keys.list)
    return JSONResponse({"keys": [key.shown() for key in keys]})


async def create_key(request: Request) -> Response:
    """POST /api/keys: the only answer that ever holds the key."""
    wanted = await json_body(request, KeyRequest)
    if not known_scopes(wanted.scopes):
        raise ApiError(400, "scopes: agents, metrics, anchors, managed, admin and worker are known.")
    expires_at = time.time() + wanted.expires_in if wanted.expires_in else None
    scopes = tuple(dict.fromkeys(wanted.scopes))
    keys = services(request).keys
    key, text = await run_in_threadpool(keys.create, wanted.name, wanted.user or wanted.name, scopes, expires_at)
    return JSONResponse({**key.shown(), "key": text})


async def revoke_key(request: Request) -> Response:
    """DELETE /api/keys/{id}; with `?forget=true` the key leaves the list, too."""
    key_id = request.path_params["id"]
    if request.query_params.get("forget") == "true":
        if not await run_in_threadpool(services(request).keys.forget, key_id):
            raise ApiError(404, f"There is no key {key_id!r}.")
        return JSONResponse({"status": "forgotten", "id": key_id})
    if not await run_in_threadpool(services(request).keys.revoke, key_id):
        raise ApiError(404, f"There is no living key {key_id!r}.")
    return JSONResponse({"status": "revoked", "id": key_id})


def error(problem: ApiError) -> Response:
    """Every error of /api is `{"error": "<sentence>"}`."""
    return JSONResponse({"error": problem.message}, status_code=problem.status, headers=problem.headers)


def surface() -> Surface:
    return Surface(
        "system",
        "/",
        (
            route("/api/health", health, methods=["GET", "HEAD"], access=Access.PUBLIC, scope="agents"),
            route("/api/keys", list_keys, methods=["GET"], access=Access.KEY, scope="admin"),
            route("/api/keys", create_key, methods=["POST"], access=Access.KEY, scope="admin"),
            route("/api/keys/{id}", revoke_key, methods=["DELETE"], access=Access.KEY, scope="admin"),
        ),
        error,
    )
