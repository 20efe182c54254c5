"""Query parameters of /v1: pages, arrays (`name[]=` and repeated `name=`), ranges (`created_at[gte]=`), flags."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement
from starlette.requests import Request

from omar_daemon.managed_api.errors import bad
from omar_daemon.store.managed import clock
from omar_daemon.store.managed.documents import Page, PageOfDocuments, Position

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
_LARGEST = 2**62
Row = TypeVar("Row")


def limit(request: Request, default: int = DEFAULT_LIMIT, maximum: int = MAX_LIMIT) -> int:
    """`limit`, at least 1; larger values than `maximum` are clamped."""
    found = integer(request, "limit")
    if found is None:
        return min(default, maximum)
    if found < 1:
        raise bad("limit must be 1 or more.")
    return min(found, maximum)


def integer(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None or text == "":
        return None
    if not text.lstrip("-").isascii() or not text.lstrip("-").isdigit() or len(text) > 19:
        raise bad(f"{name} must be a whole number.")
    return min(int(text), _LARGEST)


def flag(request: Request, name: str) -> bool:
    text = request.query_params.get(name, "").lower()
    if text not in ("", "true", "false", "1", "0"):
        raise bad(f"{name} must be true or false.")
    return text in ("true", "1")


def choice(request: Request, name: str, allowed: Sequence[str], default: str) -> str:
    text = request.query_params.get(name) or default
    if text != default and text not in allowed:
        raise bad(f"{name} must be one of {', '.join(allowed)}.")
    return text


def items(request: Request, name: str, allowed: Sequence[str] | None = None) -> list[str]:
    """All values of `name[]` and `name`."""
    found = request.query_params.getlist(f"{name}[]") + request.query_params.getlist(name)
    for text in found:
        if allowed is not None and text not in allowed:
            raise bad(f"{name}: {text!r} is not one of {', '.join(allowed)}.")
    return found


_RANGES: dict[str, Callable[[Any, Any], Any]] = {
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
}


def times(request: Request, column: Any, name: str = "created_at") -> list[ColumnElement[bool]]:
    """Conditions from `name[gt|gte|lt|lte]=<ISO 8601>` on a column of microseconds."""
    found = []
    for key, compare in _RANGES.items():
        text = request.query_params.get(f"{name}[{key}]")
        if text:
            found.append(compare(column, moment(text, f"{name}[{key}]")))
    return found


def moment(text: str, name: str) -> int:
    try:
        return max(-_LARGEST, min(clock.parse(text), _LARGEST))
    except (ValueError, OverflowError):
        raise bad(f"{name} must be an ISO 8601 time.") from None


def archived(request: Request, column: Any) -> list[ColumnElement[bool]]:
    """Archived rows are listed with `include_archived=true` only."""
    return [] if flag(request, "include_archived") else [column.is_(None)]


def filters(request: Request, table: Any, *, archives: bool = True) -> list[ColumnElement[bool]]:
    """Of most lists: `include_archived` or `status`; `created_at[…]`, `created_after`, `created_before`."""
    found = _of_status(request, table.c.archived_at) if archives else []
    found += times(request, table.c.created_at)
    for name, compare in (("created_after", "gt"), ("created_before", "lt")):
        text = request.query_params.get(name)
        if text:
            found.append(_RANGES[compare](table.c.created_at, moment(text, name)))
    return found


def _of_status(request: Request, column: Any) -> list[ColumnElement[bool]]:
    """`status=active|archived|any`, the older spelling of `include_archived`."""
    status = choice(request, "status", ("active", "archived", "any"), "")
    if status == "":
        return archived(request, column)
    return {"active": [column.is_(None)], "archived": [column.is_not(None)], "any": []}[status]


def sliced(request: Request, rows: Sequence[Row]) -> tuple[Sequence[Row], str | None]:
    """The page of a list that is whole in memory, and the cursor of the next one."""
    size, found = limit(request), cursor(request)
    begin = 0 if found is None else found.get("n")
    if type(begin) is not int or begin < 0:
        raise _bad_cursor()
    more = cursor_text(n=begin + size) if len(rows) > begin + size else None
    return rows[begin : begin + size], more


def page(request: Request, *, maximum: int = MAX_LIMIT, default: int = DEFAULT_LIMIT) -> Page:
    """`limit`, `page` (or `cursor`) and `order` of a list of documents."""
    order = choice(request, "order", ("asc", "desc"), "desc")
    found = cursor(request)
    position = None
    if found is not None:
        position = _position(found)
    return Page(limit(request, default, maximum), position, order == "asc")


def _position(found: dict[str, Any]) -> Position:
    created_at, document_id = found.get("t"), found.get("i")
    if type(created_at) is not int or abs(created_at) > _LARGEST or not isinstance(document_id, str):
        raise _bad_cursor()
    return Position(created_at, document_id, found.get("b") is True)


def cursor(request: Request) -> dict[str, Any] | None:
    """What an earlier page put into its cursor; 400 for anything else."""
    text = request.query_params.get("page") or request.query_params.get("cursor")
    if not text:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        value = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError):
        raise _bad_cursor() from None
    if not isinstance(value, dict) or any("\0" in part for part in value.values() if isinstance(part, str)):
        raise _bad_cursor()
    return value


def cursor_text(**value: Any) -> str:
    raw = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def neighbours(found: PageOfDocuments) -> tuple[str | None, str | None]:
    """The cursors of the next and the previous page."""
    return _position_text(found.next), _position_text(found.previous)


def _position_text(position: Position | None) -> str | None:
    if position is None:
        return None
    backwards = {"b": True} if position.backwards else {}
    return cursor_text(t=position.created_at, i=position.id, **backwards)


def _bad_cursor() -> Exception:
    return bad("The cursor is not one that this list gave out.")
