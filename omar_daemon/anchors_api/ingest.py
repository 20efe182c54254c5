"""POST /anchors/ingest, GET /anchors/verify, GET /anchors/health (seed 003)."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from omar_daemon.bodies import json_body
from omar_daemon.routing import ApiError
from omar_daemon.services import principal, services
from omar_daemon.store import anchors
from omar_daemon.store.engine import Store
from shared.wire.anchors import MAX_INGEST_BYTES, EventPayload, normalise_remote


async def ingest(request: Request) -> Response:
    """Keep an anchor once per (normalised remote, commit): 200 the first time, 409 ever after."""
    event = await json_body(request, EventPayload, limit=MAX_INGEST_BYTES)
    if event.anchor is None:
        return JSONResponse({"success": True, "message": "Event received (no anchor)"})
    commit = event.anchor.commit_hash
    store = services(request).store
    try:
        anchor_id = await run_in_threadpool(_keep, store, event, principal(request).user)
    except anchors.DuplicateAnchor:
        raise ApiError(409, f"Duplicate anchor: {commit} of this repository is already here.") from None
    data = {"anchor_id": anchor_id, "commit_hash": commit}
    return JSONResponse({"success": True, "message": "Anchor ingested", "id": anchor_id, "data": data})


def _keep(store: Store, event: EventPayload, username: str) -> str:
    remote = normalise_remote(event.project.git_remote) or ""
    payload = event.model_dump()
    with store.write() as connection:
        return anchors.insert(connection, remote=remote, username=username, payload=payload)


async def verify(request: Request) -> Response:
    """Whether a key is good; it is checked before this runs."""
    return JSONResponse({"valid": True, "username": principal(request).user})


async def health(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})
