"""What a session produced: the files in its outputs folder, and the trajectory of its whole work."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from omar_daemon.harness import outputs
from omar_daemon.harness.sandbox import reached
from omar_daemon.managed_api import query
from omar_daemon.managed_api.answers import answer, page_answer
from omar_daemon.managed_api.environments import shown as environment_shown
from omar_daemon.managed_api.errors import bad, not_found
from omar_daemon.managed_api.files import attachment
from omar_daemon.managed_api.paths import managed
from omar_daemon.managed_api.rows import reading
from omar_daemon.managed_api.session_views import shown, usage
from omar_daemon.managed_api.sessions import session_exists, session_of
from omar_daemon.routing import ApiRoute
from omar_daemon.store.managed import clock, events
from omar_daemon.store.managed.environments import environments
from omar_daemon.store.managed.events import StoredEvent


async def list_outputs(request: Request) -> Response:
    """`{filename, size_bytes, uploaded_at, media_type}` for each file in /mnt/session/outputs."""
    session = await session_exists(request)
    found = await run_in_threadpool(outputs.listed, session.id)
    return page_answer(*query.sliced(request, [_shown(output) for output in found]))


async def download_output(request: Request) -> Response:
    """The file as an attachment; 400 for a name that is a path."""
    session = await session_exists(request)
    name = request.path_params["filename"]
    if "/" in name or "\\" in name or name in ("", ".", "..") or "\0" in name:
        raise bad("An output is named without a path.")
    found = await run_in_threadpool(outputs.listed, session.id)
    output = next((output for output in found if output.filename == name), None)
    if output is None:
        raise not_found("output", name)
    try:
        source = await run_in_threadpool(reached.opened, output.path)
    except OSError:
        # Meanwhile the agent removed it, or put a link or a pipe in its place.
        raise not_found("output", name) from None
    headers = {"content-disposition": attachment(name), "x-content-type-options": "nosniff"}
    return StreamingResponse(_pieces(source), headers=headers, media_type=output.media_type)


async def _pieces(source: BinaryIO) -> Any:
    with source:
        while piece := await run_in_threadpool(source.read, 256 * 1024):
            yield piece


def _shown(output: outputs.Output) -> dict[str, Any]:
    return {
        "filename": output.filename,
        "size_bytes": output.size_bytes,
        "uploaded_at": clock.iso(output.modified_at),
        "media_type": output.media_type,
    }


async def trajectory(request: Request) -> Response:
    """Session, environment, all events and a summary in one document."""

    def work(connection: Connection) -> dict[str, Any]:
        session = session_of(connection, request)
        environment = environments.get(connection, session.columns["environment_id"])
        log = events.read(connection, session.id)
        return {
            "type": "trajectory",
            "version": 1,
            "session": shown(session),
            "environment": None if environment is None else environment_shown(environment),
            "events": [json.loads(event.data) for event in log],
            "summary": {**_summary(log), "usage": usage(session)},
        }

    return answer(await reading(request, work))


def _summary(log: list[StoredEvent]) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for event in log:
        counts[event.type] = counts.get(event.type, 0) + 1
    idle = next((event.value for event in reversed(log) if event.type == "session.status_idle"), None)
    return {
        "turns": counts.get("session.status_running", 0),
        "model_requests": counts.get("span.model_request_end", 0),
        "tool_calls": sum(counts.get(name, 0) for name in ("agent.tool_use", "agent.mcp_tool_use")),
        "errors": counts.get("session.error", 0),
        "event_counts": counts,
        "stop_reason": None if idle is None else idle["stop_reason"],
    }


def routes() -> list[ApiRoute]:
    one = "/sessions/{session_id}"
    return [
        managed(one + "/outputs", list_outputs, "GET"),
        managed(one + "/outputs/{filename:path}", download_output, "GET"),
        managed(one + "/trajectory", trajectory, "GET"),
    ]
