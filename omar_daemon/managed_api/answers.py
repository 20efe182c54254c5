"""JSON answers of /v1, written as ASCII: whatever text a client stored comes back as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return raw_answer(json.dumps(value, separators=(",", ":")).encode(), status, headers)


def raw_answer(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A body that is JSON already."""
    return Response(body, status, headers, media_type="application/json")


def created(value: Any) -> Response:
    return answer(value, 201)


def page_answer(rows: Sequence[Any], next_page: str | None, **more: Any) -> Response:
    """A page of a list: the SDK reads `next_page`, the seed's clients `next_cursor`."""
    return answer({"data": list(rows), "next_page": next_page, "next_cursor": next_page, **more})
