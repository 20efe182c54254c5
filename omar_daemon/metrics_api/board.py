"""GET /api/v1/leaderboard, for users who chose to be on it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from omar_daemon.bodies import json_body
from omar_daemon.metrics_api import paging
from omar_daemon.routing import ApiError
from omar_daemon.services import principal, services
from omar_daemon.store import metrics as room
from omar_daemon.store.engine import Store
from omar_daemon.store.metrics import ScoredRow
from shared.wire import ranking
from shared.wire.metrics import ListingRequest

DAY_SECONDS = 86400
PERIOD_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365, "all": None}
DEFAULT_LIMIT = 50
MOST_PER_PAGE = 200


async def show(request: Request) -> Response:
    """Ranks by composite rank score over a rolling period; equal scores share a rank and the next is skipped."""
    period = request.query_params.get("period", "all")
    if period not in PERIOD_DAYS:
        raise ApiError(400, f"period must be one of {', '.join(PERIOD_DAYS)}.")
    limit = paging.limit_of(request, default=DEFAULT_LIMIT, most=MOST_PER_PAGE)
    start = _offset(paging.cursor_of(request))
    days = PERIOD_DAYS[period]
    since = time.time() - days * DAY_SECONDS if days else None
    entries = await run_in_threadpool(_entries, services(request).store, since)
    more = start + limit < len(entries)
    return JSONResponse(
        {
            "period": period,
            "updated_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "entries": entries[start : start + limit],
            "next": paging.cursor_text(start + limit) if more else None,
        }
    )


async def set_listed(request: Request) -> Response:
    """PUT /api/v1/leaderboard/me `{"listed": true|false}`."""
    wanted = await json_body(request, ListingRequest)
    user = principal(request).user

    def write(store: Store) -> None:
        with store.write() as connection:
            room.set_listed(connection, user, wanted.listed)

    await run_in_threadpool(write, services(request).store)
    return JSONResponse({"username": user, "listed": wanted.listed})


def _offset(found: Any) -> int:
    if found is None:
        return 0
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise paging.bad_cursor()
    return found


def _entries(store: Store, since: float | None) -> list[dict[str, Any]]:
    with store.read() as connection:
        rows = room.listed_sessions(connection, since=since)
    by_user: dict[str, list[ScoredRow]] = {}
    for row in rows:
        if ranking.is_qualified(row.minutes, row.tool_calls, row.humans):
            by_user.setdefault(row.username, []).append(row)
    entries = [_entry(user, own) for user, own in by_user.items()]
    entries.sort(key=lambda entry: (-entry["composite_rank"], entry["username"]))
    return list(_with_ranks(entries))


def _entry(user: str, rows: Sequence[ScoredRow]) -> dict[str, Any]:
    standing = ranking.rank(
        [
            ranking.Scored(row.overall_score, row.tool_calls, row.minutes, (row.started_at, row.session_id))
            for row in rows
        ]
    )
    types = Counter(row.thread_type for row in rows)
    return {
        "username": user,
        "composite_rank": standing.composite_rank,
        "weighted_score": standing.weighted_score,
        "consistency": standing.consistency,
        "sessions": standing.sessions,
        "dominant_thread_type": min(types, key=lambda name: (-types[name], name)),
    }


def _with_ranks(entries: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    rank, last = 0, None
    for place, entry in enumerate(entries, start=1):
        if entry["composite_rank"] != last:
            rank, last = place, entry["composite_rank"]
        yield {"rank": rank, **entry}
