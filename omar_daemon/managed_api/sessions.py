"""/v1/sessions: made, listed, changed, archived, deleted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from omar_daemon.harness.inbox import receive
from omar_daemon.managed_api import query
from omar_daemon.managed_api.answers import answer, created, page_answer
from omar_daemon.managed_api.errors import bad, conflict, not_found
from omar_daemon.managed_api.event_fields import value_of
from omar_daemon.managed_api.fields import checked_metadata, patched_metadata, read_body
from omar_daemon.managed_api.paths import managed
from omar_daemon.managed_api.rows import reading, required, writing
from omar_daemon.managed_api.session_bodies import full_resources, patched_agent, pinned_agent
from omar_daemon.managed_api.session_fields import SessionCreate, SessionUpdate, budget_value
from omar_daemon.managed_api.session_views import shown
from omar_daemon.routing import ApiRoute
from omar_daemon.services import services
from omar_daemon.store.managed import events
from omar_daemon.store.managed import sessions as room
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.environments import environments
from omar_daemon.store.managed.sessions import sessions
from omar_daemon.store.managed.vaults import vaults

STATUSES = ("rescheduling", "running", "idle", "terminated")


async def create(request: Request) -> Response:
    """POST /v1/sessions: 201; `initial_events` start its first turn, all or nothing."""
    wanted = await read_body(request, SessionCreate)
    session = await writing(request, lambda connection: _insert(connection, wanted))
    if wanted.initial_events:
        services(request).managed.wake(session.id)
    return created(shown(session))


def _insert(connection: Connection, wanted: SessionCreate) -> Document:
    environment_id = wanted.environment_id or wanted.environment
    if environment_id is None:
        raise bad("environment_id: Field required.")
    body = {
        "agent": pinned_agent(connection, wanted.agent),
        "environment_id": environment_id,
        "title": wanted.title,
        "metadata": checked_metadata(wanted.metadata or {}),
        "vault_ids": _checked_vaults(connection, wanted.vault_ids or []),
        "resources": full_resources(connection, wanted.resources or []),
        "outcome_evaluations": [],
        "budget": budget_value(wanted.budget),
    }
    environment = required(
        connection, environments, environment_id, "environment", lock=True, code="environment_not_found"
    )
    if environment.archived_at is not None:
        raise bad("The environment is archived: no new sessions can use it.", code="environment_archived")
    session = room.create(connection, body)
    if wanted.initial_events:
        receive(connection, session.id, [value_of(event) for event in wanted.initial_events])
        return required(connection, sessions, session.id, "session")
    return session


def _checked_vaults(connection: Connection, vault_ids: list[str]) -> list[str]:
    for vault_id in vault_ids:
        vault = required(connection, vaults, vault_id, "vault")
        if vault.archived_at is not None:
            raise bad(f"The vault {vault_id} is archived.")
    return list(dict.fromkeys(vault_ids))


async def listing(request: Request) -> Response:
    """Filters: agent_id, agent_version, statuses[] (or status), memory_store_id, environment_id, created_at[…]."""
    conditions = _conditions(request)
    page = query.page(request)
    if request.query_params.get("deployment_id"):
        return page_answer([], None, prev_page=None)
    found = await reading(request, lambda connection: sessions.page(connection, page, *conditions))
    following, previous = query.neighbours(found)
    return page_answer([shown(row) for row in found.rows], following, prev_page=previous)


def _conditions(request: Request) -> list[Any]:
    table = room.table
    conditions = [*query.archived(request, table.c.archived_at), *query.filters(request, table, archives=False)]
    for name in ("agent_id", "environment_id"):
        text = request.query_params.get(name)
        if text:
            conditions.append(table.c[name] == text)
    version = query.integer(request, "agent_version")
    if version is not None:
        conditions.append(table.c.agent_version == version)
    statuses = query.items(request, "statuses", STATUSES) + query.items(request, "status", STATUSES)
    if statuses:
        conditions.append(room.with_status(statuses))
    store = request.query_params.get("memory_store_id")
    if store:
        conditions.append(table.c.memory_store_ids.contains(f" {store} ", autoescape=True))
    return conditions


async def retrieve(request: Request) -> Response:
    return answer(shown(await reading(request, lambda connection: session_of(connection, request))))


async def update(request: Request) -> Response:
    """400 for an archived session and for vault_ids, 409 for other tools while a turn runs."""
    wanted = await read_body(request, SessionUpdate)
    managed_sessions = services(request).managed
    session_id = request.path_params["session_id"]
    found: list[Document] = []

    def work(connection: Connection) -> Any:
        session = session_of(connection, request, lock=True)
        body = _changed(connection, session, wanted)
        changed = sessions.change(connection, session, body)
        differences = {
            name: body[name] for name in ("title", "metadata", "agent", "budget") if body[name] != session.body[name]
        }
        stored = (
            events.append(connection, session.id, [{"type": "session.updated", **differences}]) if differences else []
        )
        found.append(changed)
        return stored

    await managed_sessions.journal.commit(session_id, work)
    return answer(shown(found[0]))


def _changed(connection: Connection, session: Document, wanted: SessionUpdate) -> dict[str, Any]:
    if session.archived_at is not None:
        raise bad("The session is archived and cannot be changed.")
    sent = wanted.model_fields_set
    body = {**session.body, "metadata": patched_metadata(session.body["metadata"], wanted.metadata)}
    if "title" in sent:
        body["title"] = wanted.title or None
    if "budget" in sent:
        body["budget"] = budget_value(wanted.budget)
    if "vault_ids" in sent and wanted.vault_ids != session.body["vault_ids"]:
        raise bad("vault_ids are chosen when the session is made.")
    if wanted.agent is not None:
        if session.columns["status"] != "idle":
            raise conflict("The session's tools can be changed only while it is idle.")
        body["agent"] = patched_agent(connection, session.body["agent"], wanted.agent)
    return body


async def archive(request: Request) -> Response:
    """POST …/archive: a running turn is interrupted; the session is terminated and read-only."""
    session_id = request.path_params["session_id"]
    await reading(request, lambda connection: session_of(connection, request))
    await services(request).managed.archive(session_id)
    return answer(shown(await reading(request, lambda connection: session_of(connection, request))))


async def delete(request: Request) -> Response:
    """With its log, its files and its sandbox; its streams end."""
    session_id = request.path_params["session_id"]
    if not await services(request).managed.delete(session_id):
        raise not_found("session", session_id)
    return answer({"id": session_id, "type": "session_deleted"})


def session_of(connection: Connection, request: Request, *, lock: bool = False) -> Document:
    return required(connection, sessions, request.path_params["session_id"], "session", lock=lock)


async def session_exists(request: Request) -> Document:
    """The session of the path, or 404."""
    return await reading(request, lambda connection: session_of(connection, request))


def routes() -> list[ApiRoute]:
    return [
        managed("/sessions", create, "POST"),
        managed("/sessions", listing, "GET"),
        managed("/sessions/{session_id}", retrieve, "GET"),
        managed("/sessions/{session_id}", update, "POST", "PUT", "PATCH"),
        managed("/sessions/{session_id}", delete, "DELETE"),
        managed("/sessions/{session_id}/archive", archive, "POST"),
    ]
