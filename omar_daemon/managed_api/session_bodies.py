"""From what a client sent to the session that is kept: the agent pinned, resources with their ids and places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from omar_daemon.harness.sandbox.repositories import PURPOSE
from omar_daemon.managed_api.agent_bodies import check_references
from omar_daemon.managed_api.agent_fields import full_model, full_servers, full_skills
from omar_daemon.managed_api.errors import bad, not_found
from omar_daemon.managed_api.mount_places import check_apart, file_place, repository_place
from omar_daemon.managed_api.session_fields import (
    AgentPatch,
    AgentReference,
    AgentWithOverrides,
    FileResource,
    MemoryResource,
    RepositoryResource,
)
from omar_daemon.managed_api.tool_fields import full_tools
from omar_daemon.store.managed import agents as agent_room
from omar_daemon.store.managed import clock, secrets
from omar_daemon.store.managed.agents import agents
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.files import files
from omar_daemon.store.managed.ids import new_id
from omar_daemon.store.managed.memory import stores

MAX_STORES = 8
AnyResource = FileResource | RepositoryResource | MemoryResource
_SHOWN_PARTS = (
    "name", "description", "model", "system", "tools", "mcp_servers", "skills", "multiagent", "execution_identity",
)  # fmt: skip


def pinned_agent(connection: Connection, wanted: str | AgentReference | AgentWithOverrides) -> dict[str, Any]:
    """The agent as this session will use it; 404 when it or its version is not there, 400 when it is archived."""
    agent_id = wanted if isinstance(wanted, str) else wanted.id
    agent = agents.get(connection, agent_id)
    if agent is None:
        raise not_found("agent", agent_id)
    if agent.archived_at is not None:
        raise bad("The agent is archived: no new sessions can use it.")
    version = None if isinstance(wanted, str) else wanted.version
    if version is not None:
        at = agent_room.at_version(connection, agent, version) if version < 2**31 else None
        if at is None:
            raise not_found("version of the agent", str(version))
        agent = at
    pinned = snapshot(connection, agent)
    if isinstance(wanted, AgentWithOverrides):
        pinned |= _overrides(wanted)
        check_references(connection, pinned)
    return pinned


def snapshot(connection: Connection, agent: Document) -> dict[str, Any]:
    """The agent as a session shows it: roster agents in full."""
    parts = {name: agent.body[name] for name in _SHOWN_PARTS}
    multiagent = parts["multiagent"]
    if multiagent is not None and multiagent["type"] == "coordinator":
        members = [_member(connection, member) for member in multiagent["agents"]]
        parts["multiagent"] = {"type": "coordinator", "agents": members}
    elif multiagent is not None:
        parts["multiagent"] = {name: _part(connection, part) for name, part in multiagent.items()}
    return {"id": agent.id, "type": "agent", "version": agent.columns["version"], **parts}


def _part(connection: Connection, part: Any) -> Any:
    if not isinstance(part, dict) or "predefined_agents" not in part:
        return part
    members = [_member(connection, member) for member in part["predefined_agents"]]
    return {**part, "predefined_agents": members}


def _member(connection: Connection, member: dict[str, Any]) -> dict[str, Any]:
    if member["type"] != "agent":
        return member
    agent = agents.get(connection, member["id"])
    at = agent_room.at_version(connection, agent, member["version"]) if agent is not None else None
    if at is None:
        raise bad(f"multiagent: there is no agent {member['id']!r} any more.")
    parts = {name: at.body[name] for name in _SHOWN_PARTS if name != "multiagent"}
    return {"id": at.id, "type": "agent", "version": at.columns["version"], **parts}


def _overrides(wanted: AgentWithOverrides) -> dict[str, Any]:
    sent = wanted.model_fields_set
    parts: dict[str, Any] = {}
    if wanted.model is not None:
        parts["model"] = full_model(wanted.model)
    if "system" in sent:
        parts["system"] = wanted.system
    if "tools" in sent:
        parts["tools"] = full_tools(wanted.tools or [])
    if "mcp_servers" in sent:
        parts["mcp_servers"] = full_servers(wanted.mcp_servers or [])
    if "skills" in sent:
        parts["skills"] = full_skills(wanted.skills or [])
    return parts


def patched_agent(connection: Connection, agent: dict[str, Any], patch: AgentPatch) -> dict[str, Any]:
    """The session's agent with other tools or MCP servers."""
    changed = dict(agent)
    if "tools" in patch.model_fields_set:
        changed["tools"] = full_tools(patch.tools or [])
    if "mcp_servers" in patch.model_fields_set:
        changed["mcp_servers"] = full_servers(patch.mcp_servers or [])
    check_references(connection, changed)
    return changed


def full_resources(connection: Connection, wanted: Sequence[AnyResource]) -> list[dict[str, Any]]:
    """Resources with ids; 400 for a repository twice, 404 for what is not there, 422 for memory stores twice."""
    stores_wanted = [resource.memory_store_id for resource in wanted if isinstance(resource, MemoryResource)]
    if len(stores_wanted) > MAX_STORES or len(set(stores_wanted)) < len(stores_wanted):
        raise bad(f"resources: at most {MAX_STORES} memory stores, each once.")
    full = [full_resource(connection, resource) for resource in wanted]
    check_apart(full)
    return full


def full_resource(connection: Connection, wanted: AnyResource) -> dict[str, Any]:
    moment = clock.iso(clock.now())
    base = {"id": new_id("sesrsc"), "type": wanted.type, "created_at": moment, "updated_at": moment}
    if isinstance(wanted, FileResource):
        return {**base, **_file(connection, wanted)}
    if isinstance(wanted, MemoryResource):
        return {**base, **_store(connection, wanted)}
    return {**base, **_repository(wanted, base["id"])}


def _file(connection: Connection, wanted: FileResource) -> dict[str, Any]:
    file = files.get(connection, wanted.file_id)
    if file is None:
        raise not_found("file", wanted.file_id)
    usual = f"/home/user/files/{file.id}/{file.body['filename']}"
    return {"file_id": file.id, "mount_path": file_place(wanted.mount_path) if wanted.mount_path else usual}


def _store(connection: Connection, wanted: MemoryResource) -> dict[str, Any]:
    store = stores.get(connection, wanted.memory_store_id)
    if store is None:
        raise not_found("memory store", wanted.memory_store_id)
    folder = re.sub(r"[^A-Za-z0-9._-]+", "-", store.body["name"]).strip(".-") or "memory"
    return {
        "memory_store_id": store.id,
        "name": store.body["name"],
        "description": store.body["description"],
        "access": wanted.access or "read_write",
        "instructions": wanted.instructions,
        "mount_path": f"/mnt/memory/{folder[:64]}-{store.id[-6:]}",
    }


def _repository(wanted: RepositoryResource, resource_id: str) -> dict[str, Any]:
    name = wanted.url.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git") or "repository"
    folder = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".") or "repository"
    resource: dict[str, Any] = {
        "url": wanted.url,
        "mount_path": repository_place(wanted.mount_path or f"/workspace/{folder}"),
        "checkout": None,
    }
    if wanted.checkout is not None:
        name = "name" if wanted.checkout.type == "branch" else "sha"
        value = getattr(wanted.checkout, name)
        if value is None:
            raise bad(f"resources: a checkout of type {wanted.checkout.type} needs {name}.")
        resource["checkout"] = {"type": wanted.checkout.type, name: value}
    if wanted.authorization_token is not None:
        resource["sealed_token"] = sealed_token(wanted.authorization_token, resource_id)
    return resource


def sealed_token(token: str, resource_id: str) -> str:
    return secrets.seal(token, purpose=PURPOSE, owner=resource_id)


def resource_shown(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource without its secret."""
    return {name: value for name, value in resource.items() if name != "sealed_token"}
