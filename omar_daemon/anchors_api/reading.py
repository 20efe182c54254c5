"""GET /anchors, GET and DELETE /anchors/<sha>, GET /anchors/<sha>/blame/<path>."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from omar_daemon.routing import ApiError
from omar_daemon.services import principal, services
from omar_daemon.store import anchors
from omar_daemon.store.anchors import Filters, StoredAnchor
from omar_daemon.store.engine import Store
from shared.wire.anchors import normalise_remote

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
MIN_PREFIX = 7
_AUTHOR_TYPES = ("agent", "assisted", "human", "automated")
_HASH = re.compile(r"[0-9a-fA-F]{7,64}")
_AGO = re.compile(r"(\d{1,6})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


async def list_anchors(request: Request) -> Response:
    """`{anchors, next, totals}`, newest commit first; totals are over all matches, not the page."""
    query = request.query_params
    filters = _filters(query)
    limit = _limit(query.get("limit"))
    after = _decode_cursor(query.get("cursor"))
    store = services(request).store
    page, following, totals = await run_in_threadpool(_read_page, store, filters, limit, after)
    cursor = _encode_cursor(following) if following else None
    return JSONResponse({"anchors": page, "next": cursor, "totals": totals})


def _read_page(
    store: Store, filters: Filters, limit: int, after: tuple[int, str] | None
) -> tuple[list[dict[str, Any]], tuple[int, str] | None, dict[str, int]]:
    with store.read() as connection:
        page, following = anchors.list_page(connection, filters, limit=limit, after=after)
        return page, following, anchors.totals(connection, filters)


async def show(request: Request) -> Response:
    """The whole event of a commit; a hash may be shortened to what is unique."""
    anchor = await _one(request)
    project = {**anchor.payload["project"], "git_remote": anchor.remote or None}
    head = {"id": anchor.id, "username": anchor.username, "created_at": anchor.created_at}
    return JSONResponse({**anchor.payload, **head, "project": project})


async def blame(request: Request) -> Response:
    """Who wrote the lines a commit added to one file."""
    anchor = (await _one(request)).payload["anchor"]
    path = request.path_params["path"]
    for change in anchor["file_changes"]:
        if change["path"] == path:
            found = {name: change[name] for name in ("path", "attribution", "agent", "added", "deleted")}
            lines = change["line_attributions"] or None
            return JSONResponse({"commit_hash": anchor["commit_hash"], **found, "line_attributions": lines})
    raise ApiError(404, "File not found in this commit.")


async def delete(request: Request) -> Response:
    """Forget a commit's anchor: for the user who sent it, and for an admin."""
    found = await _matching(request)
    caller = principal(request)
    own = [anchor for anchor in found if anchor.username == caller.user or "admin" in caller.scopes]
    if not own:
        raise ApiError(403, "Only the user who sent this anchor may delete it.")
    gone = await run_in_threadpool(_delete, services(request).store, own)
    return JSONResponse({"success": True, "deleted": gone})


def _delete(store: Store, found: list[StoredAnchor]) -> int:
    with store.write() as connection:
        return anchors.delete(connection, found)


async def _one(request: Request) -> StoredAnchor:
    return (await _matching(request))[0]


async def _matching(request: Request) -> list[StoredAnchor]:
    """The anchors of one commit (one per remote); 404 without any, 409 when a short hash fits several commits."""
    commit = request.path_params["sha"]
    if not _HASH.fullmatch(commit):
        raise ApiError(404, "Anchor not found.")
    project = request.query_params.get("project", "")
    found = await run_in_threadpool(_find, services(request).store, commit, normalise_remote(project) or project)
    if not found:
        raise ApiError(404, "Anchor not found.")
    if len({anchor.payload["anchor"]["commit_hash"].lower() for anchor in found}) > 1:
        raise ApiError(409, f"{commit} fits several commits; write more of the hash.")
    return found


def _find(store: Store, commit: str, project: str) -> list[StoredAnchor]:
    with store.read() as connection:
        return anchors.find(connection, commit, project=project)


def _filters(query: QueryParams) -> Filters:
    author_type = query.get("author_type", "")
    if author_type and author_type not in _AUTHOR_TYPES:
        raise ApiError(422, f"author_type: one of {', '.join(_AUTHOR_TYPES)}.")
    project = query.get("project", "")
    return Filters(
        search=anchors.storable(query.get("search", "")),
        author_type=author_type,
        branch=anchors.storable(query.get("branch", "")),
        project=anchors.storable(normalise_remote(project) or project),
        since=_since(query.get("since")),
    )


def _since(raw: str | None) -> float | None:
    """Seconds since the epoch of `7d`, an ISO 8601 instant or plain seconds."""
    if not raw:
        return None
    ago = _AGO.fullmatch(raw)
    if ago is not None:
        return datetime.now(UTC).timestamp() - int(ago[1]) * _SECONDS[ago[2]]
    if re.fullmatch(r"\d{1,12}", raw):
        return float(raw)
    try:
        at = datetime.fromisoformat(raw)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ApiError(422, "since: an ISO 8601 instant, or a time ago like 7d.") from None


def _limit(raw: str | None) -> int:
    if raw is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"\d{1,6}", raw) or int(raw) < 1:
        raise ApiError(422, f"limit: a number from 1 to {MAX_LIMIT}.")
    return min(int(raw), MAX_LIMIT)


def _encode_cursor(position: tuple[int, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def _decode_cursor(raw: str | None) -> tuple[int, str] | None:
    if not raw:
        return None
    try:
        at, anchor_id = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
        if isinstance(at, int) and abs(at) <= 2**53 and isinstance(anchor_id, str):
            return at, anchor_id
    except (ValueError, TypeError, binascii.Error):
        pass
    raise ApiError(422, "cursor: not one this server gave.")
