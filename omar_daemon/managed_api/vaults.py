"""/v1/vaults: named sets of credentials."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from omar_daemon.managed_api import query
from omar_daemon.managed_api.answers import answer, created
from omar_daemon.managed_api.errors import bad
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
from omar_daemon.store.managed import vaults as room
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.vaults import credentials, vaults

DisplayName = Annotated[str, Field(min_length=1, max_length=255)]


class VaultCreate(Body):
    """POST /v1/vaults. `name` is the older spelling of `display_name`."""

    display_name: DisplayName | None = None
    name: DisplayName | None = None
    metadata: Metadata | None = None


class VaultUpdate(Body):
    display_name: DisplayName | None = None
    name: DisplayName | None = None
    metadata: MetadataPatch | None = None


async def create(request: Request) -> Response:
    wanted = await read_body(request, VaultCreate)
    name = wanted.display_name or wanted.name
    if name is None:
        raise bad("display_name: Field required.")
    body = {"display_name": name, "metadata": checked_metadata(wanted.metadata or {})}
    return created(shown(await writing(request, lambda connection: vaults.insert(connection, body))))


async def listing(request: Request) -> Response:
    return await listed(request, vaults, shown, *query.filters(request, vaults.table))


async def retrieve(request: Request) -> Response:
    return answer(shown(await reading(request, lambda connection: vault_of(connection, request))))


async def update(request: Request) -> Response:
    wanted = await read_body(request, VaultUpdate)

    def work(connection: Connection) -> Document:
        vault = living_vault(connection, request)
        body = {
            "display_name": wanted.display_name or wanted.name or vault.body["display_name"],
            "metadata": patched_metadata(vault.body["metadata"], wanted.metadata),
        }
        return vaults.change(connection, vault, body)

    return answer(shown(await writing(request, work)))


async def archive(request: Request) -> Response:
    """Archives the credentials with it: their secrets are forgotten."""

    def work(connection: Connection) -> Document:
        vault = vault_of(connection, request, lock=True)
        for credential in room.of_vault(connection, vault.id):
            credentials.archive(connection, credential, sealed="")
        return vaults.archive(connection, vault)

    return answer(shown(await writing(request, work)))


async def delete(request: Request) -> Response:
    def work(connection: Connection) -> str:
        vault = vault_of(connection, request, lock=True)
        credentials.delete(connection, credentials.table.c.vault_id == vault.id)
        vaults.delete(connection, vaults.table.c.id == vault.id)
        return vault.id

    return answer({"id": await writing(request, work), "type": "vault_deleted"})


def vault_of(connection: Connection, request: Request, *, lock: bool = False) -> Document:
    return required(connection, vaults, request.path_params["vault_id"], "vault", lock=lock)


def living_vault(connection: Connection, request: Request) -> Document:
    """The vault of the path, locked; 400 when it is archived."""
    return living(connection, vaults, request.path_params["vault_id"], "vault")


def shown(vault: Document) -> dict[str, Any]:
    return {"id": vault.id, "type": "vault", "name": vault.body["display_name"], **vault.body, **vault.times()}


def routes() -> list[ApiRoute]:
    return [
        managed("/vaults", create, "POST"),
        managed("/vaults", listing, "GET"),
        managed("/vaults/{vault_id}", retrieve, "GET"),
        managed("/vaults/{vault_id}", update, "POST", "PUT"),
        managed("/vaults/{vault_id}", delete, "DELETE"),
        managed("/vaults/{vault_id}/archive", archive, "POST"),
    ]
