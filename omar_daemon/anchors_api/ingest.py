"""POST /anchors/ingest, GET /anchors/verify, GET /anchors/health (seed 003)."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from omar_daemon.anchors_api.limits import Limits
from omar_daemon.bodies import json_body
from omar_daemon.routing import ApiError
from omar_daemon.services import principal, services
from omar_daemon.store import anchors
from omar_daemon.store.anchors import NewAnchor
from omar_daemon.store.batches import Batches
from shared.wire.anchors import MAX_INGEST_BYTES, EventPayload, normalise_remote


async def ingest(request: Request) -> Response:
    """Keep an anchor once per (normalised remote, commit): 200 the first time, 409 ever after."""
    room, caller = _room(request), principal(request)
    room.limits.take(caller.user, room.batches.waiting)
    event = await event_body(request)
    if event.anchor is None:
        return JSONResponse({"success": True, "message": "Event received (no anchor)"})
    commit = event.anchor.commit_hash
    remote = normalise_remote(event.project.git_remote) or ""
    new = NewAnchor(remote, caller.user, event.model_dump())
    anchor_id = await room.batches.put(new)
    if anchor_id is None:
        raise ApiError(409, f"Duplicate anchor: {commit} of this repository is already here.")
    data = {"anchor_id": anchor_id, "commit_hash": commit}
    return JSONResponse({"success": True, "message": "Anchor ingested", "id": anchor_id, "data": data})


async def event_body(request: Request) -> EventPayload:
    """The body as an event. One that is no JSON is 422 here, as the backends this API comes from say it."""
    try:
        return await json_body(request, EventPayload, limit=MAX_INGEST_BYTES)
    except ApiError as error:
        if error.status == 400:
            raise ApiError(422, error.message) from None
        raise


@dataclass(frozen=True)
class Room:
    """What ingest keeps between requests: the queue of anchors to be written, and who sent how many."""

    batches: Batches[NewAnchor, str | None]
    limits: Limits


def _room(request: Request) -> Room:
    """The app's one room, made when the first anchor comes."""
    state = request.app.state
    if not hasattr(state, "anchors_room"):
        found = services(request)
        limits = Limits(found.settings.integer("anchors.per_minute"))
        state.anchors_room = Room(Batches(found.store, anchors.insert), limits)
    room: Room = state.anchors_room
    return room


async def verify(request: Request) -> Response:
    """Whether a key is good; it is checked before this runs."""
    return JSONResponse({"valid": True, "username": principal(request).user})


async def health(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})
