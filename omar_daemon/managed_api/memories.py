"""/v1/memory_stores/{id}/memories and their versions."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from omar_daemon.managed_api import query
from omar_daemon.managed_api.answers import answer, created, page_answer
from omar_daemon.managed_api.errors import bad, conflict, not_found
from omar_daemon.managed_api.fields import Body, read_body
from omar_daemon.managed_api.memory_stores import living_store, store_of
from omar_daemon.managed_api.paths import managed
from omar_daemon.managed_api.rows import listed, reading, required, writing
from omar_daemon.routing import ApiRoute
from omar_daemon.services import principal
from omar_daemon.store.managed import clock
from omar_daemon.store.managed import memory as room
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.memory import Author, PathTaken, memories, versions


class Precondition(Body):
    type: Literal["content_sha256"]
    content_sha256: str


class MemoryCreate(Body):
    """POST …/memories."""

    path: str
    content: str | None


class MemoryUpdate(Body):
    """POST …/memories/{id}: `precondition` refuses (409) when the content is another by now."""

    path: str | None = None
    content: str | None = None
    precondition: Precondition | None = None


async def create(request: Request) -> Response:
    """201; 409 when the path is occupied. Without `view=full` the answer's content is null."""
    wanted = await read_body(request, MemoryCreate)
    view = _view(request, "basic")
    path, content = _path(wanted.path), _content(wanted.content or "")

    def work(connection: Connection) -> Document:
        store = living_store(connection, request)
        try:
            return room.create(connection, store.id, path, content, _author(request))
        except PathTaken:
            raise conflict(f"There is a memory at {path} already.") from None

    return created(shown(await writing(request, work), view))


async def listing(request: Request) -> Response:
    """By path; `path_prefix`, and `depth` counted below it: deeper ones appear as one `memory_prefix` each."""
    view, limit, depth = _view(request, "basic"), query.limit(request), query.integer(request, "depth")
    prefix = request.query_params.get("path_prefix", "")
    if depth is not None and not 0 <= depth <= room.MAX_SEGMENTS:
        raise bad(f"depth is 0 to {room.MAX_SEGMENTS}.")
    after = _after(request)

    def work(connection: Connection) -> list[Document]:
        store = store_of(connection, request)
        whole = depth is not None and depth > 0
        return room.below(connection, store.id, prefix, None if whole else after, None if whole else limit + 1)

    found = await reading(request, work)
    rows = _folded(found, prefix, depth, view) if depth else [shown(memory, view) for memory in found]
    rows = [row for row in rows if after is None or row["path"] > after]
    more = query.cursor_text(p=rows[limit - 1]["path"]) if len(rows) > limit else None
    return page_answer(rows[:limit], more)


def _folded(found: list[Document], prefix: str, depth: int, view: str) -> list[dict[str, Any]]:
    """Memories within `depth` levels below the prefix, and one row for each folder at that depth."""
    base = prefix if prefix.endswith("/") else prefix[: prefix.rfind("/") + 1] or "/"
    rows: dict[str, dict[str, Any]] = {}
    for memory in found:
        parts = memory.columns["path"][len(base) :].split("/")
        if len(parts) <= depth:
            rows[memory.columns["path"]] = shown(memory, view)
        else:
            folder = base + "/".join(parts[:depth]) + "/"
            rows[folder] = {"type": "memory_prefix", "path": folder}
    return [rows[path] for path in sorted(rows)]


async def retrieve(request: Request) -> Response:
    view = _view(request, "full")
    return answer(shown(await reading(request, lambda connection: _mine(connection, request)), view))


async def update(request: Request) -> Response:
    wanted = await read_body(request, MemoryUpdate)
    view = _view(request, "basic")
    path = None if wanted.path is None else _path(wanted.path)
    content = None if wanted.content is None else _content(wanted.content)

    def work(connection: Connection) -> Document:
        living_store(connection, request)
        memory = _mine(connection, request, lock=True)
        if wanted.precondition is not None:
            _check_unchanged(memory, wanted.precondition.content_sha256)
        try:
            return room.update(connection, memory, _author(request), path=path, content=content)
        except PathTaken:
            raise conflict(f"There is a memory at {path} already.") from None

    return answer(shown(await writing(request, work), view))


async def delete(request: Request) -> Response:
    """409 when `expected_content_sha256` is not the content's."""
    expected = request.query_params.get("expected_content_sha256")

    def work(connection: Connection) -> str:
        living_store(connection, request)
        memory = _mine(connection, request, lock=True)
        if expected:
            _check_unchanged(memory, expected)
        room.delete(connection, memory, _author(request))
        return memory.id

    return answer({"id": await writing(request, work), "type": "memory_deleted"})


async def list_versions(request: Request) -> Response:
    """Newest first; filters `memory_id, operation, session_id, api_key_id, created_at[…]`."""
    view = _view(request, "basic")
    table = versions.table
    conditions = [table.c.store_id == request.path_params["store_id"], *query.filters(request, table, archives=False)]
    query.choice(request, "operation", ("created", "modified", "deleted"), "")
    for name in ("memory_id", "operation", "session_id", "api_key_id"):
        text = request.query_params.get(name)
        if text:
            conditions.append(table.c[name] == text)
    if request.query_params.get("service_account_id"):
        # The hosted service's accounts: nobody here is one.
        conditions.append(sqlalchemy.false())
    return await listed(request, versions, lambda row: version_shown(row, view), *conditions, owner=store_of)


async def retrieve_version(request: Request) -> Response:
    view = _view(request, "full")
    found = await reading(request, lambda connection: _version(connection, request))
    return answer(version_shown(found, view))


async def redact(request: Request) -> Response:
    """Forgets the version's content and path; 409 for the one that is the memory's current content."""

    def work(connection: Connection) -> Document:
        version = _version(connection, request)
        memory = memories.get(connection, version.columns["memory_id"])
        if memory is not None and memory.columns["version_id"] == version.id:
            raise conflict("This is the memory's current version; change or delete the memory first.")
        return room.redact(connection, version, _author(request))

    return answer(version_shown(await writing(request, work), "full"))


def _path(text: str) -> str:
    try:
        return room.checked_path(text)
    except ValueError as error:
        raise bad(f"path: {error}.") from None


def _content(text: str) -> str:
    try:
        return room.checked_content(text)
    except ValueError as error:
        raise bad(f"content: {error}.") from None


def _check_unchanged(memory: Document, sha256: str) -> None:
    if memory.columns["sha256"] != sha256:
        raise conflict(f"The content has changed: its SHA-256 is {memory.columns['sha256']} now.")


def _author(request: Request) -> Author:
    return Author(api_key_id=principal(request).key_id or "local")


def _after(request: Request) -> str | None:
    found = query.cursor(request)
    if found is None:
        return None
    path = found.get("p")
    if not isinstance(path, str):
        raise bad("The cursor is not one that this list gave out.")
    return path


def _view(request: Request, default: str) -> str:
    return query.choice(request, "view", ("basic", "full"), default)


def _mine(connection: Connection, request: Request, *, lock: bool = False) -> Document:
    memory_id = request.path_params["memory_id"]
    memory = required(connection, memories, memory_id, "memory", lock=lock)
    if memory.columns["store_id"] != request.path_params["store_id"]:
        raise not_found("memory", memory_id)
    return memory


def _version(connection: Connection, request: Request) -> Document:
    version_id = request.path_params["version_id"]
    version = required(connection, versions, version_id, "memory version", lock=True)
    if version.columns["store_id"] != request.path_params["store_id"]:
        raise not_found("memory version", version_id)
    return version


def shown(memory: Document, view: str) -> dict[str, Any]:
    columns = memory.columns
    return {
        "id": memory.id,
        "type": "memory",
        "memory_store_id": columns["store_id"],
        "memory_version_id": columns["version_id"],
        "path": columns["path"],
        "content": columns["content"] if view == "full" else None,
        "content_sha256": columns["sha256"],
        "content_size_bytes": columns["size_bytes"],
        "created_at": clock.iso(memory.created_at),
        "updated_at": clock.iso(memory.updated_at),
    }


def version_shown(version: Document, view: str) -> dict[str, Any]:
    columns = version.columns
    return {
        "id": version.id,
        "type": "memory_version",
        "memory_id": columns["memory_id"],
        "memory_store_id": columns["store_id"],
        "operation": columns["operation"],
        "content": columns["content"] if view == "full" else None,
        "created_at": clock.iso(version.created_at),
        "redacted_at": clock.iso_or_none(columns["redacted_at"]),
        **version.body,
    }


def routes() -> list[ApiRoute]:
    store = "/memory_stores/{store_id}"
    return [
        managed(store + "/memories", create, "POST"),
        managed(store + "/memories", listing, "GET"),
        managed(store + "/memories/{memory_id}", retrieve, "GET"),
        managed(store + "/memories/{memory_id}", update, "POST", "PATCH"),
        managed(store + "/memories/{memory_id}", delete, "DELETE"),
        managed(store + "/memory_versions", list_versions, "GET"),
        managed(store + "/memory_versions/{version_id}", retrieve_version, "GET"),
        managed(store + "/memory_versions/{version_id}/redact", redact, "POST"),
    ]
