"""/v1/sessions/{id}/threads. A session has its primary thread; its log is the session's."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from omar_daemon.managed_api import events, query, streams
from omar_daemon.managed_api.answers import answer, page_answer
from omar_daemon.managed_api.errors import bad, not_found
from omar_daemon.managed_api.paths import managed
from omar_daemon.managed_api.rows import reading
from omar_daemon.managed_api.session_views import thread_shown
from omar_daemon.managed_api.sessions import STATUSES, session_of
from omar_daemon.routing import ApiRoute
from omar_daemon.store.managed.documents import Document


async def listing(request: Request) -> Response:
    """One page: the primary thread, if its status is among `statuses[]`."""
    query.limit(request)
    if query.cursor(request) is not None:
        raise bad("The cursor is not one that this list gave out.")
    statuses = query.items(request, "statuses", STATUSES)
    session = await reading(request, lambda connection: session_of(connection, request))
    fits = not statuses or session.columns["status"] in statuses
    return page_answer([thread_shown(session)] if fits else [], None)


async def retrieve(request: Request) -> Response:
    return answer(thread_shown(await _session(request)))


async def archive(request: Request) -> Response:
    """The primary thread is archived with its session only: 400."""
    await _session(request)
    raise bad("The primary thread cannot be archived; archive the session.")


async def list_events(request: Request) -> Response:
    await _session(request)
    return await events.listing(request)


async def stream(request: Request) -> Response:
    await _session(request)
    return await streams.stream(request)


async def _session(request: Request) -> Document:
    """The session of the path, whose thread the path must name."""

    def work(connection: Connection) -> Document:
        session = session_of(connection, request)
        if session.columns["thread_id"] != request.path_params["thread_id"]:
            raise not_found("thread", request.path_params["thread_id"])
        return session

    return await reading(request, work)


def routes() -> list[ApiRoute]:
    base = "/sessions/{session_id}/threads"
    return [
        managed(base, listing, "GET"),
        managed(base + "/{thread_id}", retrieve, "GET"),
        managed(base + "/{thread_id}/archive", archive, "POST"),
        managed(base + "/{thread_id}/events", list_events, "GET"),
        managed(base + "/{thread_id}/events/stream", stream, "GET"),
        managed(base + "/{thread_id}/stream", stream, "GET"),
    ]
