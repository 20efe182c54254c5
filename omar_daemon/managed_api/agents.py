"""/v1/agents: versioned configurations (contract 7)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from omar_daemon.managed_api import query
from omar_daemon.managed_api.agent_bodies import as_next_version, changed_agent, new_agent
from omar_daemon.managed_api.agent_fields import AgentCreate, AgentUpdate
from omar_daemon.managed_api.answers import answer, created, page_answer
from omar_daemon.managed_api.errors import bad, conflict
from omar_daemon.managed_api.fields import read_body
from omar_daemon.managed_api.paths import managed
from omar_daemon.managed_api.rows import listed, living, reading, required, writing
from omar_daemon.routing import ApiError, ApiRoute
from omar_daemon.store.managed import agents as room
from omar_daemon.store.managed.agents import agents
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.ids import new_id


async def create(request: Request) -> Response:
    """POST /v1/agents: 201 with version 1."""
    wanted = await read_body(request, AgentCreate)

    def work(connection: Connection) -> Document:
        agent_id = new_id("agent")
        return room.create(connection, new_agent(connection, wanted, agent_id), agent_id)

    return created(shown(await writing(request, work)))


async def listing(request: Request) -> Response:
    """GET /v1/agents: newest first; `include_archived`, `created_at[…]`, `q` (part of a name), `limit`, `page`."""
    table = agents.table
    conditions = query.filters(request, table)
    words = request.query_params.get("q")
    if words:
        conditions.append(table.c.name.icontains(words, autoescape=True))
    return await listed(request, agents, shown, *conditions)


async def retrieve(request: Request) -> Response:
    """GET /v1/agents/{id}: the current version, or `?version=N`."""
    version = query.integer(request, "version")

    def work(connection: Connection) -> Document:
        agent = required(connection, agents, request.path_params["agent_id"], "agent")
        return agent if version is None else _at(connection, agent, str(version))

    return answer(shown(await reading(request, work)))


async def retrieve_version(request: Request) -> Response:
    """GET /v1/agents/{id}/versions/{n}."""

    def work(connection: Connection) -> Document:
        agent = required(connection, agents, request.path_params["agent_id"], "agent")
        return _at(connection, agent, request.path_params["version"])

    return answer(shown(await reading(request, work)))


async def update(request: Request) -> Response:
    """POST or PUT /v1/agents/{id}: a new version when anything changes; 409 when `version` is not the current one."""
    wanted = await read_body(request, AgentUpdate)

    def work(connection: Connection) -> Document:
        agent = living(connection, agents, request.path_params["agent_id"], "agent")
        version = agent.columns["version"]
        if wanted.version not in (None, version):
            raise conflict(f"The agent is at version {version}, not {wanted.version}; read it again.")
        body = changed_agent(connection, agent.body, wanted, agent.id, version)
        return agent if body == agent.body else room.bump(connection, agent, as_next_version(body, agent.id, version))

    return answer(shown(await writing(request, work)))


async def archive(request: Request) -> Response:
    """POST /v1/agents/{id}/archive: read-only from now on; sessions that run go on."""
    return answer(shown(await writing(request, lambda connection: _archived(connection, request))))


async def delete(request: Request) -> Response:
    """DELETE /v1/agents/{id} archives: the sessions that used it still name it."""
    agent = await writing(request, lambda connection: _archived(connection, request))
    return answer({"id": agent.id, "type": "agent_deleted"})


async def versions(request: Request) -> Response:
    """GET /v1/agents/{id}/versions: all versions, newest (the current one) first."""
    limit = query.limit(request)
    below = _below(request)

    def work(connection: Connection) -> list[Document]:
        agent = required(connection, agents, request.path_params["agent_id"], "agent")
        return room.versions(connection, agent, limit + 1, below)

    found = await reading(request, work)
    rows = found[:limit]
    more = query.cursor_text(v=rows[-1].columns["version"]) if len(found) > limit else None
    return page_answer([shown(agent) for agent in rows], more)


def _below(request: Request) -> int | None:
    found = query.cursor(request)
    if found is None:
        return None
    version = found.get("v")
    if type(version) is not int or not 0 <= version < 2**31:
        raise bad("The cursor is not one that this list gave out.")
    return version


def _archived(connection: Connection, request: Request) -> Document:
    agent = required(connection, agents, request.path_params["agent_id"], "agent", lock=True)
    return agents.archive(connection, agent)


def _at(connection: Connection, agent: Document, version: str) -> Document:
    known = version.isascii() and version.isdigit() and len(version) < 10
    found = room.at_version(connection, agent, int(version)) if known else None
    if found is None:
        raise ApiError(404, f"The agent {agent.id} has no version {version}.")
    return found


def shown(agent: Document) -> dict[str, Any]:
    return {"id": agent.id, "type": "agent", "version": agent.columns["version"], **agent.body, **agent.times()}


def routes() -> list[ApiRoute]:
    return [
        managed("/agents", create, "POST"),
        managed("/agents", listing, "GET"),
        managed("/agents/{agent_id}", retrieve, "GET"),
        managed("/agents/{agent_id}", update, "POST", "PUT"),
        managed("/agents/{agent_id}", delete, "DELETE"),
        managed("/agents/{agent_id}/archive", archive, "POST"),
        managed("/agents/{agent_id}/versions", versions, "GET"),
        managed("/agents/{agent_id}/versions/{version}", retrieve_version, "GET"),
    ]
