"""/v1/sessions/{id}/events: the log, and what clients send to it (contract 5, 6)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from omar_daemon.harness.frames import SPEC_TYPES
from omar_daemon.harness.inbox import Closed, NoThread
from omar_daemon.managed_api import exchange, query
from omar_daemon.managed_api.answers import answer, page_answer, raw_answer
from omar_daemon.managed_api.errors import bad, conflict, not_found
from omar_daemon.managed_api.event_fields import EventBatch, value_of
from omar_daemon.managed_api.fields import read_body
from omar_daemon.managed_api.paths import managed
from omar_daemon.managed_api.rows import reading
from omar_daemon.managed_api.sessions import session_of
from omar_daemon.routing import ApiRoute
from omar_daemon.services import services
from omar_daemon.store.managed import clock, events
from omar_daemon.store.managed.events import PendingRow, StoredEvent

MAX_PAGE = 1000
DEFAULT_PAGE = 100
_BODY_LIMIT = 64 * 1024 * 1024


async def send(request: Request) -> Response:
    """202 without a body, or 200 with `{data}` for callers that send `anthropic-version`."""
    batch = await read_body(request, EventBatch, limit=_BODY_LIMIT)
    shown = await take(request, [value_of(event) for event in batch.events])
    if exchange.current().hosted:
        return answer({"data": shown})
    return Response(status_code=202)


async def take(request: Request, values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Hand a batch to the session; 404 when it or its thread is not there, 409 when it takes no events any more."""
    session_id = request.path_params["session_id"]
    try:
        return await services(request).managed.send(session_id, values)
    except events.NoSession:
        raise not_found("session", session_id) from None
    except NoThread as error:
        raise not_found("thread", str(error)) from None
    except Closed:
        raise conflict("The session is terminated and takes no events.") from None


async def listing(request: Request) -> Response:
    """In log order unless `order=desc`; filters `types[]`, `created_at[…]`, `after_seq`."""
    if "text/event-stream" in request.headers.get("accept", ""):
        from omar_daemon.managed_api.streams import stream

        return await stream(request)
    limit = query.limit(request, DEFAULT_PAGE, MAX_PAGE)
    descending = query.choice(request, "order", ("asc", "desc"), "asc") == "desc"
    after, before = _bounds(request, descending)
    conditions = _conditions(request)

    def work(connection: Connection) -> list[StoredEvent]:
        session = session_of(connection, request)
        return events.read(
            connection,
            session.id,
            after=after,
            before=before,
            limit=limit + 1,
            descending=descending,
            conditions=conditions,
        )

    found = await reading(request, work)
    rows = found[:limit]
    more = query.cursor_text(s=rows[-1].seq) if len(found) > limit else None
    return _events_answer(rows, more)


def _events_answer(rows: list[StoredEvent], more: str | None) -> Response:
    """The events are JSON already: they are not read and written again."""
    cursor = "null" if more is None else f'"{more}"'
    data = ",".join(row.data for row in rows)
    return raw_answer(f'{{"data":[{data}],"next_page":{cursor},"next_cursor":{cursor}}}'.encode())


def _bounds(request: Request, descending: bool) -> tuple[int, int | None]:
    after = query.integer(request, "after_seq") or 0
    found = query.cursor(request)
    if found is None:
        return max(0, after), None
    seq = found.get("s")
    if type(seq) is not int or not 0 <= seq < 2**62:
        raise bad("The cursor is not one that this list gave out.")
    return (max(0, after), seq) if descending else (max(after, seq), None)


def _conditions(request: Request) -> list[Any]:
    types = query.items(request, "types")
    conditions: list[Any] = query.times(request, events.events.c.created_at)
    for name in types:
        if name not in SPEC_TYPES and name != "session.warning":
            raise bad(f"types: there are no events of type {name!r}.")
    if types:
        conditions.append(events.events.c.type.in_(types))
    return conditions


async def pending(request: Request) -> Response:
    """Messages that wait for their turn; `include_cancelled=true` shows those an interrupt took back."""
    cancelled = query.flag(request, "include_cancelled")

    def work(connection: Connection) -> tuple[str, list[PendingRow]]:
        session = session_of(connection, request)
        thread = request.query_params.get("session_thread_id")
        if thread and thread != session.columns["thread_id"]:
            raise not_found("thread", thread)
        find = events.waiting_and_cancelled if cancelled else events.pending
        return session.columns["thread_id"], find(connection, session.id)

    thread_id, rows = await reading(request, work)
    return page_answer(*query.sliced(request, [_pending_shown(row, thread_id) for row in rows]))


def _pending_shown(row: PendingRow, thread_id: str) -> dict[str, Any]:
    return {
        "pending_seq": row.pending_seq,
        "event_id": row.event_id,
        "type": row.value["type"],
        "session_thread_id": thread_id,
        "enqueued_at": clock.iso(row.enqueued_at),
        "cancelled_at": clock.iso_or_none(row.changed_at) if row.state == "cancelled" else None,
        "data": row.value,
    }


def routes() -> list[ApiRoute]:
    return [
        managed("/sessions/{session_id}/events", send, "POST"),
        managed("/sessions/{session_id}/events", listing, "GET"),
        managed("/sessions/{session_id}/pending", pending, "GET"),
    ]
