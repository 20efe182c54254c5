"""What a user may ask about himself: whether his key is good, his sessions, and their deletion."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from omar_daemon.metrics_api import paging
from omar_daemon.services import principal, services
from omar_daemon.store import metrics as room
from omar_daemon.store.engine import Store
from shared.wire.metrics import VerifyAnswer

PROVIDER = "local"
MOST_PER_PAGE = 1000


async def verify(request: Request) -> Response:
    """POST /api/v1/auth/verify: whose key this is; a bad one never gets here (401)."""
    answer = VerifyAnswer(valid=True, username=principal(request).user, provider=PROVIDER)
    return JSONResponse(answer.model_dump())


async def read(request: Request) -> Response:
    """GET /api/v1/metrics/me: newest first, `next` is the cursor of the following page or null."""
    user = principal(request).user
    limit = paging.limit_of(request, default=MOST_PER_PAGE, most=MOST_PER_PAGE)
    after = _place(paging.cursor_of(request))
    since = paging.since_of(request)

    def find(store: Store) -> room.Page:
        with store.read() as connection:
            return room.page(connection, user, limit=limit, after=after, since=since)

    page = await run_in_threadpool(find, services(request).store)
    following = paging.cursor_text(page.after) if page.after else None
    return JSONResponse({"username": user, "total_sessions": page.total, "sessions": page.sessions, "next": following})


async def delete(request: Request) -> Response:
    """DELETE /api/v1/metrics/me: every session of the user and his place on the leaderboard."""
    user = principal(request).user

    def remove(store: Store) -> int:
        with store.write() as connection:
            return room.forget(connection, user)

    return JSONResponse({"deleted": await run_in_threadpool(remove, services(request).store)})


def _place(found: Any) -> tuple[float, str] | None:
    if found is None:
        return None
    match found:
        case [float() | int() as started_at, str() as session_id] if not isinstance(started_at, bool):
            return float(started_at), session_id
    raise paging.bad_cursor()
