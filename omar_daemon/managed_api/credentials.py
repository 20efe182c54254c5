"""/v1/vaults/{id}/credentials: secrets for MCP servers and sandboxes; never readable back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from omar_daemon.harness import oauth
from omar_daemon.managed_api import query
from omar_daemon.managed_api.answers import answer, created
from omar_daemon.managed_api.credential_fields import CredentialCreate, CredentialUpdate, merge, split
from omar_daemon.managed_api.errors import bad, conflict, not_found
from omar_daemon.managed_api.fields import checked_metadata, patched_metadata, read_body
from omar_daemon.managed_api.paths import managed
from omar_daemon.managed_api.rows import listed, living, reading, required, writing
from omar_daemon.managed_api.vaults import living_vault, vault_of
from omar_daemon.routing import ApiRoute
from omar_daemon.store.managed import secrets
from omar_daemon.store.managed import vaults as room
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.ids import new_id
from omar_daemon.store.managed.vaults import PURPOSE, credentials

MAX_CREDENTIALS = 20


async def create(request: Request) -> Response:
    """400 above 20 in a vault; 409 when the vault has one for the same server or variable."""
    wanted = await read_body(request, CredentialCreate)
    shown_auth, secret, address = split(wanted.auth)
    body = {
        "auth": shown_auth,
        "display_name": wanted.display_name,
        "metadata": checked_metadata(wanted.metadata or {}),
    }

    def work(connection: Connection) -> Document:
        vault = living_vault(connection, request)
        present = room.of_vault(connection, vault.id)
        if any(other.columns["address"] == address for other in present):
            raise conflict(f"The vault already has a credential for {address}.")
        if len(present) >= MAX_CREDENTIALS:
            raise bad(f"A vault holds at most {MAX_CREDENTIALS} credentials.")
        credential_id = new_id("cred")
        sealed = secrets.seal(secret, purpose=PURPOSE, owner=credential_id)
        columns = {"vault_id": vault.id, "address": address, "sealed": sealed}
        return credentials.insert(connection, body, document_id=credential_id, **columns)

    return created(shown(await writing(request, work)))


async def listing(request: Request) -> Response:
    table = credentials.table
    conditions = [table.c.vault_id == request.path_params["vault_id"], *query.filters(request, table)]
    return await listed(request, credentials, shown, *conditions, owner=vault_of)


async def retrieve(request: Request) -> Response:
    return answer(shown(await reading(request, lambda connection: mine(connection, request))))


async def update(request: Request) -> Response:
    """A partial `auth` is merged; kind and address stay."""
    wanted = await read_body(request, CredentialUpdate)

    def work(connection: Connection) -> Document:
        credential = living(connection, credentials, mine(connection, request).id, "credential")
        body = {**credential.body, "metadata": patched_metadata(credential.body["metadata"], wanted.metadata)}
        if "display_name" in wanted.model_fields_set:
            body["display_name"] = wanted.display_name
        sealed = credential.columns["sealed"]
        if wanted.auth is not None:
            secret = secrets.open_sealed(sealed, purpose=PURPOSE, owner=credential.id)
            body["auth"], secret = merge(credential.body["auth"], secret, wanted.auth)
            sealed = secrets.seal(secret, purpose=PURPOSE, owner=credential.id)
        return credentials.change(connection, credential, body, sealed=sealed)

    return answer(shown(await writing(request, work)))


async def archive(request: Request) -> Response:
    """The secret is forgotten; that the credential was there stays."""

    def work(connection: Connection) -> Document:
        return credentials.archive(connection, mine(connection, request, lock=True), sealed="")

    return answer(shown(await writing(request, work)))


async def delete(request: Request) -> Response:
    def work(connection: Connection) -> str:
        credential = mine(connection, request, lock=True)
        credentials.delete(connection, credentials.table.c.id == credential.id)
        return credential.id

    return answer({"id": await writing(request, work), "type": "vault_credential_deleted"})


async def validate(request: Request) -> Response:
    """POST …/mcp_oauth_validate: asks the MCP server, and the token endpoint when the token is refused."""
    from omar_daemon.managed_api.credential_check import check

    credential = await reading(request, lambda connection: mine(connection, request))
    if credential.body["auth"]["type"] != "mcp_oauth":
        raise bad("Only a credential of kind mcp_oauth can be validated.")
    if credential.archived_at is not None:
        raise bad("The credential is archived.")
    secret = secrets.open_sealed(credential.columns["sealed"], purpose=PURPOSE, owner=credential.id)
    verdict = await check(credential.body["auth"], secret)
    if verdict.renewed is not None:
        renewal = verdict.renewed
        await writing(request, lambda connection: oauth.keep(connection, mine(connection, request, lock=True), renewal))
    return answer({**verdict.shown, "credential_id": credential.id, "vault_id": credential.columns["vault_id"]})


def mine(connection: Connection, request: Request, *, lock: bool = False) -> Document:
    """The credential of the path, which must be in the vault of the path."""
    credential_id = request.path_params["credential_id"]
    found = required(connection, credentials, credential_id, "credential", lock=lock)
    if found.columns["vault_id"] != request.path_params["vault_id"]:
        raise not_found("credential", credential_id)
    return found


def shown(credential: Document) -> dict[str, Any]:
    return {
        "id": credential.id,
        "type": "vault_credential",
        "vault_id": credential.columns["vault_id"],
        **credential.body,
        **credential.times(),
    }


def routes() -> list[ApiRoute]:
    one = "/vaults/{vault_id}/credentials/{credential_id}"
    return [
        managed("/vaults/{vault_id}/credentials", create, "POST"),
        managed("/vaults/{vault_id}/credentials", listing, "GET"),
        managed(one, retrieve, "GET"),
        managed(one, update, "POST", "PUT"),
        managed(one, delete, "DELETE"),
        managed(one + "/archive", archive, "POST"),
        managed(one + "/mcp_oauth_validate", validate, "POST"),
    ]
