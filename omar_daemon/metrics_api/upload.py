"""POST /api/v1/metrics/upload: keep a batch of scored sessions, all or nothing."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from omar_daemon.bodies import json_value
from omar_daemon.metrics_api.limits import RateLimit
from omar_daemon.routing import ApiError
from omar_daemon.services import principal, services
from omar_daemon.store import metrics as room
from omar_daemon.store.engine import Store
from shared.wire.metrics import UploadAnswer, UploadRequest, as_sent, instant

BODY_LIMIT = 32 * 1024 * 1024
UPLOADS_PER_MINUTE = 120
MOST_DETAILS = 100


class Uploads:
    """The upload route with its rate limit."""

    def __init__(self) -> None:
        self._limit = RateLimit(UPLOADS_PER_MINUTE, 60.0)

    async def receive(self, request: Request) -> Response:
        """200 `{accepted, duplicates}`; 409 when every session is already there; 422 names session and field."""
        user = principal(request).user
        self._limit.take(user)
        body = await json_value(request, limit=BODY_LIMIT)
        accepted, duplicates = await run_in_threadpool(_check_and_keep, services(request).store, user, body)
        answer = UploadAnswer(accepted=accepted, duplicates=duplicates).model_dump()
        if duplicates and not accepted:
            return JSONResponse({"error": "Every session of this upload is already there.", **answer}, status_code=409)
        return JSONResponse(answer)


def _check_and_keep(store: Store, user: str, body: Any) -> tuple[int, int]:
    try:
        sessions = UploadRequest.model_validate(body).sessions
    except ValidationError as error:
        raise _refusal(error, body) from None
    rows = {
        session.session_id: (instant(session.timestamp).timestamp(), as_sent(session)) for session in sessions[::-1]
    }
    with store.write() as connection:
        accepted = room.insert(connection, user, rows.values())
    return accepted, len(sessions) - accepted


def _refusal(error: ValidationError, body: Any) -> ApiError:
    """Each refused field with the session it stands in, without the refused value."""
    found = error.errors(include_url=False, include_input=False, include_context=False)[:MOST_DETAILS]
    details = [_detail(item["loc"], item["msg"], body) for item in found]
    first = details[0]
    where = f"session {first['session']}, {first['field']}" if first["session"] is not None else first["field"]
    return ApiError(422, f"{where}: {first['message']}.", extra={"details": details})


def _detail(place: tuple[int | str, ...], message: str, body: Any) -> dict[str, Any]:
    if len(place) < 2 or place[0] != "sessions":
        return {"session": None, "field": ".".join(map(str, place)) or "body", "message": message}
    index = place[1]
    field = ".".join(map(str, place[2:])) or "session"
    return {"session": _name(body["sessions"][index], index), "field": field, "message": message}


def _name(session: Any, index: Any) -> Any:
    """The session's id when it has a usable one, else its place in the list."""
    found = session.get("session_id") if isinstance(session, dict) else None
    return found[:200].encode("utf-8", "replace").decode() if isinstance(found, str) and found else index
