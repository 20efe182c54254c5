"""/v1/sessions/{id}/resources: what is mounted into a session's sandbox."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from omar_daemon.managed_api import query
from omar_daemon.managed_api.answers import answer, created, page_answer
from omar_daemon.managed_api.errors import bad, not_found
from omar_daemon.managed_api.fields import read_body
from omar_daemon.managed_api.mount_places import check_apart
from omar_daemon.managed_api.paths import managed
from omar_daemon.managed_api.rows import reading, writing
from omar_daemon.managed_api.session_bodies import full_resource, resource_shown, sealed_token
from omar_daemon.managed_api.session_fields import FileResource, ResourceUpdate
from omar_daemon.managed_api.sessions import session_of
from omar_daemon.routing import ApiRoute
from omar_daemon.services import services
from omar_daemon.store.managed import clock
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.sessions import sessions

MAX_RESOURCES = 100


async def add(request: Request) -> Response:
    """201. Only files can be added to a session that exists."""
    wanted = await read_body(request, FileResource)

    def work(connection: Connection) -> dict[str, Any]:
        session = _living(connection, request)
        resource = full_resource(connection, wanted)
        present = session.body["resources"]
        if len(present) >= MAX_RESOURCES:
            raise bad(f"A session has at most {MAX_RESOURCES} resources.")
        check_apart([*present, resource])
        _keep(connection, session, [*present, resource])
        return resource

    resource = await writing(request, work)
    services(request).managed.files_changed(request.path_params["session_id"])
    return created(resource_shown(resource))


async def listing(request: Request) -> Response:
    """In the order in which they were added."""
    session = await reading(request, lambda connection: session_of(connection, request))
    return page_answer(*query.sliced(request, [resource_shown(resource) for resource in session.body["resources"]]))


async def retrieve(request: Request) -> Response:
    session = await reading(request, lambda connection: session_of(connection, request))
    return answer(resource_shown(_mine(session, request)))


async def update(request: Request) -> Response:
    """Another token for a repository."""
    wanted = await read_body(request, ResourceUpdate)

    def work(connection: Connection) -> dict[str, Any]:
        session = _living(connection, request)
        resource = _mine(session, request)
        if resource["type"] != "github_repository":
            raise bad("Only a github_repository has an authorization_token.")
        sealed = sealed_token(wanted.authorization_token, resource["id"])
        changed = {**resource, "sealed_token": sealed, "updated_at": clock.iso(clock.now())}
        _keep(connection, session, [changed if r is resource else r for r in session.body["resources"]])
        return changed

    return answer(resource_shown(await writing(request, work)))


async def delete(request: Request) -> Response:
    def work(connection: Connection) -> str:
        session = _living(connection, request)
        resource = _mine(session, request)
        _keep(connection, session, [r for r in session.body["resources"] if r is not resource])
        return str(resource["id"])

    return answer({"id": await writing(request, work), "type": "session_resource_deleted"})


def _living(connection: Connection, request: Request) -> Document:
    session = session_of(connection, request, lock=True)
    if session.archived_at is not None:
        raise bad("The session is archived and cannot be changed.")
    return session


def _mine(session: Document, request: Request) -> dict[str, Any]:
    resource_id = request.path_params["resource_id"]
    for resource in session.body["resources"]:
        if resource["id"] == resource_id:
            found: dict[str, Any] = resource
            return found
    raise not_found("resource", resource_id)


def _keep(connection: Connection, session: Document, resources: list[dict[str, Any]]) -> None:
    stores = [resource["memory_store_id"] for resource in resources if resource["type"] == "memory_store"]
    body = {**session.body, "resources": resources}
    sessions.change(connection, session, body, memory_store_ids=f" {' '.join(stores)} ")


def routes() -> list[ApiRoute]:
    base = "/sessions/{session_id}/resources"
    return [
        managed(base, add, "POST"),
        managed(base, listing, "GET"),
        managed(base + "/{resource_id}", retrieve, "GET"),
        managed(base + "/{resource_id}", update, "POST"),
        managed(base + "/{resource_id}", delete, "DELETE"),
    ]
