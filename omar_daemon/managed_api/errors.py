"""The shape of every error of /v1 (contract 2).

    {"type": "error", "error": {"type", "message", "details"?}, "request_id"}

`error.type` has the seed's names, or the hosted service's for callers that send `anthropic-version`.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from omar_daemon.managed_api import exchange
from omar_daemon.managed_api.answers import answer
from omar_daemon.routing import ApiError

_SEED = {401: "unauthorized", 403: "forbidden", 404: "not_found", 409: "conflict", 429: "rate_limited"}
_HOSTED = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_CODES = frozenset(
    {"environment_archived", "environment_not_found", "invalid_metadata", "invalid_config_type_change", "file_expired"}
)
"""Codes by which the official SDK picks its most special exception (`error.details.error_code`)."""


def type_of(status: int, *, hosted: bool) -> str:
    if hosted:
        return _HOSTED.get(status, "api_error" if status >= 500 else "invalid_request_error")
    return _SEED.get(status, "internal_error" if status >= 500 else "invalid_request")


def shape(problem: ApiError) -> Response:
    """An error as the client sees it."""
    here = exchange.current()
    details: dict[str, Any] = dict(problem.extra)
    if problem.code in _CODES:
        details["error_code"] = problem.code
    error: dict[str, Any] = {"type": type_of(problem.status, hosted=here.hosted), "message": problem.message}
    if details:
        error["details"] = details
    headers = {"request-id": here.request_id, **here.headers, **problem.headers}
    if problem.status == 409:
        # The SDK would try again, and meet the same conflict.
        headers["x-should-retry"] = "false"
    return answer({"type": "error", "error": error, "request_id": here.request_id}, problem.status, headers)


def not_found(what: str, name: str, *, code: str | None = None) -> ApiError:
    return ApiError(404, f"There is no {what} {name!r}.", code=code)


def bad(message: str, *, code: str | None = None) -> ApiError:
    return ApiError(400, message, code=code)


def conflict(message: str) -> ApiError:
    return ApiError(409, message)
