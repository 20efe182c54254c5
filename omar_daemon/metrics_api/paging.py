"""Query parameters of the lists: limits, instants and opaque cursors."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request

from omar_daemon.routing import ApiError


def limit_of(request: Request, *, default: int, most: int) -> int:
    """`limit` between 1 and `most`; 400 for anything else."""
    raw = request.query_params.get("limit")
    if raw is None:
        return default
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw[:12]) <= most:
        raise ApiError(400, f"limit must be a whole number from 1 to {most}.")
    return int(raw)


def since_of(request: Request) -> float | None:
    """`since` (RFC 3339, or a date, UTC) as seconds since the epoch; 400 when it is neither."""
    raw = request.query_params.get("since")
    if raw is None:
        return None
    try:
        # A `+` of a zone that was not escaped in the URL arrives as a blank.
        moment = datetime.fromisoformat(raw.replace(" ", "+"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ApiError(400, "since must be a time like 2025-06-15T10:30:00Z or a date.") from None


def cursor_text(place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def cursor_of(request: Request) -> Any:
    """What `cursor_text` was given, None without a cursor; 400 for a text no answer ever held."""
    raw = request.query_params.get("cursor")
    if not raw:
        return None
    try:
        return json.loads(base64.urlsafe_b64decode(raw.encode("ascii") + b"=" * (-len(raw) % 4)))
    except (ValueError, RecursionError):
        raise bad_cursor() from None


def bad_cursor() -> ApiError:
    return ApiError(400, "cursor must be the `next` of an earlier answer.")
