"""/v1/memory_stores: stores of texts that sessions share (contract 15)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from omar_daemon.managed_api import query
from omar_daemon.managed_api.answers import answer, created, page_answer
from omar_daemon.managed_api.fields import (
    Body,
    Metadata,
    MetadataPatch,
    checked_metadata,
    patched_metadata,
    read_body,
)
from omar_daemon.managed_api.paths import managed
from omar_daemon.managed_api.rows import listed, living, reading, required, writing
from omar_daemon.routing import ApiRoute
from omar_daemon.store.managed import memory as room
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.memory import stores

StoreName = Annotated[str, Field(min_length=1, max_length=255)]
Description = Annotated[str, Field(max_length=1024)]


class StoreCreate(Body):
    """POST /v1/memory_stores."""

    name: StoreName
    description: Description | None = None
    metadata: Metadata | None = None


class StoreUpdate(Body):
    name: StoreName | None = None
    description: Description | None = None
    metadata: MetadataPatch | None = None


class SearchRequest(Body):
    """POST …/search: the words to look for, and how many memories at most."""

    query: Annotated[str, Field(min_length=1, max_length=4096)]
    limit: Annotated[int, Field(ge=1, le=100)] = 10


async def create(request: Request) -> Response:
    wanted = await read_body(request, StoreCreate)
    body = {
        "name": wanted.name,
        "description": wanted.description or "",
        "metadata": checked_metadata(wanted.metadata or {}),
    }
    return created(shown(await writing(request, lambda connection: stores.insert(connection, body))))


async def listing(request: Request) -> Response:
    return await listed(request, stores, shown, *query.filters(request, stores.table))


async def retrieve(request: Request) -> Response:
    return answer(shown(await reading(request, lambda connection: store_of(connection, request))))


async def update(request: Request) -> Response:
    wanted = await read_body(request, StoreUpdate)

    def work(connection: Connection) -> Document:
        store = living_store(connection, request)
        body = {**store.body, "metadata": patched_metadata(store.body["metadata"], wanted.metadata)}
        if wanted.name is not None:
            body["name"] = wanted.name
        if "description" in wanted.model_fields_set:
            body["description"] = wanted.description or ""
        return stores.change(connection, store, body)

    return answer(shown(await writing(request, work)))


async def archive(request: Request) -> Response:
    """Read-only from now on."""

    def work(connection: Connection) -> Document:
        return stores.archive(connection, store_of(connection, request, lock=True))

    return answer(shown(await writing(request, work)))


async def delete(request: Request) -> Response:
    """With all its memories and their versions."""

    def work(connection: Connection) -> str:
        store = store_of(connection, request, lock=True)
        room.delete_store(connection, store.id)
        return store.id

    return answer({"id": await writing(request, work), "type": "memory_store_deleted"})


async def search(request: Request) -> Response:
    """The best fitting memories, each with its content and `score`."""
    from omar_daemon.managed_api.memories import shown as memory_shown

    wanted = await read_body(request, SearchRequest)

    def work(connection: Connection) -> list[tuple[Document, float]]:
        store = store_of(connection, request)
        return room.search(connection, store.id, wanted.query, wanted.limit)

    found = await reading(request, work)
    return page_answer([{**memory_shown(memory, "full"), "score": score} for memory, score in found], None)


def store_of(connection: Connection, request: Request, *, lock: bool = False) -> Document:
    return required(connection, stores, request.path_params["store_id"], "memory store", lock=lock)


def living_store(connection: Connection, request: Request) -> Document:
    """The store of the path, locked; 400 when it is archived."""
    return living(connection, stores, request.path_params["store_id"], "memory store")


def shown(store: Document) -> dict[str, Any]:
    return {"id": store.id, "type": "memory_store", **store.body, **store.times()}


def routes() -> list[ApiRoute]:
    return [
        managed("/memory_stores", create, "POST"),
        managed("/memory_stores", listing, "GET"),
        managed("/memory_stores/{store_id}", retrieve, "GET"),
        managed("/memory_stores/{store_id}", update, "POST", "PUT"),
        managed("/memory_stores/{store_id}", delete, "DELETE"),
        managed("/memory_stores/{store_id}/archive", archive, "POST"),
        managed("/memory_stores/{store_id}/search", search, "POST"),
    ]
