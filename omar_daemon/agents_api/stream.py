"""`GET /api/agents/:id/stream`: what an agent does, as server-sent events."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from omar_daemon.agents_api.answers import refusals
from omar_daemon.fleet.feed import News
from omar_daemon.routing import Access, ApiRoute, route
from omar_daemon.services import services

PING_SECONDS = 15.0
HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}


async def stream(request: Request) -> Response:
    """GET: `output` {lines}, `health` {health}, `exit` {exit_code, exit_signal, reason}, then the end; 404.

    `Last-Event-ID` goes on behind that event while it is still kept.
    """
    with refusals():
        name, last_id = str(request.path_params["id"]), request.headers.get("last-event-id")
        news = await services(request).fleet.follow(name, last_id)
    body = _events(news, services(request).stopping)
    return StreamingResponse(body, headers=HEADERS, media_type="text/event-stream")


async def _events(news: AsyncIterator[News | None], stopping: asyncio.Event) -> AsyncIterator[bytes]:
    yield b": the agent's events follow\n\n"
    said = time.monotonic()
    async for one in news:
        if stopping.is_set():
            return
        if one is not None:
            data = json.dumps(one.data, ensure_ascii=False)
            yield f"id: {one.id}\nevent: {one.kind}\ndata: {data}\n\n".encode()
        elif time.monotonic() - said > PING_SECONDS:
            yield b": ping\n\n"
        else:
            continue
        said = time.monotonic()


def routes() -> list[ApiRoute]:
    return [route("/api/agents/{id}/stream", stream, methods=["GET"], access=Access.LOCAL, scope="agents")]
