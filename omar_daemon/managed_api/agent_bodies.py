"""From what a client sent to the agent that is kept: defaults written out, references looked up."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from omar_daemon.managed_api.agent_fields import (
    Advisor,
    AgentCreate,
    AgentUpdate,
    Coordinator,
    Disabled,
    EnabledAdvisor,
    EnabledAgents,
    Member,
    Multiagent2026,
    RosterAgent,
    RosterSelf,
    Skill,
    full_identity,
    full_model,
    full_servers,
    full_skills,
)
from omar_daemon.managed_api.errors import bad
from omar_daemon.managed_api.fields import checked_metadata, patched_metadata
from omar_daemon.managed_api.tool_fields import full_tools
from omar_daemon.store.managed import agents as agent_room
from omar_daemon.store.managed import skills as skill_room
from omar_daemon.store.managed.agents import agents


def new_agent(connection: Connection, wanted: AgentCreate, agent_id: str) -> dict[str, Any]:
    """The body of version 1; 400 when a skill, a roster agent or an MCP server it names does not exist."""
    body = {
        "name": wanted.name,
        "description": wanted.description,
        "model": full_model(wanted.model),
        "system": wanted.system,
        "tools": full_tools(wanted.tools or []),
        "mcp_servers": full_servers(wanted.mcp_servers or []),
        "skills": full_skills(wanted.skills or []),
        "multiagent": _full_multiagent(connection, wanted.multiagent, agent_id, 1),
        "metadata": checked_metadata(wanted.metadata or {}),
        "execution_identity": full_identity(wanted.execution_identity),
    }
    check_references(connection, body)
    return body


def changed_agent(
    connection: Connection, current: dict[str, Any], wanted: AgentUpdate, agent_id: str, version: int
) -> dict[str, Any]:
    """The body after an update; equal to `current`, the body of `version`, when nothing changes."""
    sent = wanted.model_fields_set
    body = {**current, **_changed_lists(wanted, sent)}
    if wanted.name is not None:
        body["name"] = wanted.name
    if wanted.model is not None:
        body["model"] = full_model(wanted.model)
    for name in ("system", "description"):
        if name in sent:
            body[name] = getattr(wanted, name) or None
    if "multiagent" in sent:
        body["multiagent"] = _full_multiagent(connection, wanted.multiagent, agent_id, version)
    if "execution_identity" in sent:
        body["execution_identity"] = full_identity(wanted.execution_identity)
    body["metadata"] = patched_metadata(current["metadata"], wanted.metadata)
    check_references(connection, body)
    return body


def as_next_version(body: dict[str, Any], agent_id: str, version: int) -> dict[str, Any]:
    """The body of `version` + 1: where its roster names the agent itself, it names the new version."""
    itself = {"type": "agent", "id": agent_id, "version": version}

    def follow(value: Any) -> Any:
        if value == itself:
            return {**itself, "version": version + 1}
        if isinstance(value, dict):
            return {name: follow(part) for name, part in value.items()}
        return [follow(part) for part in value] if isinstance(value, list) else value

    return {**body, "multiagent": follow(body["multiagent"])}


def _changed_lists(wanted: AgentUpdate, sent: set[str]) -> dict[str, Any]:
    lists: dict[str, Any] = {}
    if "tools" in sent:
        lists["tools"] = full_tools(wanted.tools or [])
    if "mcp_servers" in sent:
        lists["mcp_servers"] = full_servers(wanted.mcp_servers or [])
    if "skills" in sent:
        lists["skills"] = full_skills(wanted.skills or [])
    return lists


def check_references(connection: Connection, body: dict[str, Any]) -> None:
    """400 when a toolset names an MCP server, or the agent a skill, that is not there."""
    servers = {server["name"] for server in body["mcp_servers"]}
    for tool in body["tools"]:
        if tool["type"] == "mcp_toolset" and tool["mcp_server_name"] not in servers:
            raise bad(f"tools: there is no MCP server named {tool['mcp_server_name']!r} in mcp_servers.")
    for skill in body["skills"]:
        _check_skill(connection, Skill(**skill))


def _check_skill(connection: Connection, skill: Skill) -> None:
    if skill.type == "custom" and skill_room.version(connection, skill.skill_id, skill.version or "latest") is None:
        raise bad(f"skills: there is no skill {skill.skill_id!r} with version {skill.version!r}.")


def _full_multiagent(
    connection: Connection, wanted: Coordinator | Multiagent2026 | None, agent_id: str, version: int
) -> dict[str, Any] | None:
    if wanted is None:
        return None
    if isinstance(wanted, Coordinator):
        members = [_member(connection, member, agent_id, version) for member in wanted.agents]
        return {"type": "coordinator", "agents": members}
    parts = {name: getattr(wanted, name) for name in ("advisor", "subagents", "workflows")}
    return {
        "type": "multiagent_20261001",
        **{name: _switch(connection, part, agent_id, version) for name, part in parts.items()},
    }


def _switch(
    connection: Connection, part: EnabledAdvisor | EnabledAgents | Disabled | None, agent_id: str, version: int
) -> dict[str, Any]:
    if part is None or isinstance(part, Disabled):
        return {"type": "disabled"}
    if isinstance(part, EnabledAdvisor):
        return {"type": "enabled", "model": part.model}
    members = [_member(connection, member, agent_id, version) for member in part.predefined_agents or []]
    inline = {"type": "disabled" if part.inline_agents is None else part.inline_agents.type}
    return {"type": "enabled", "inline_agents": inline, "predefined_agents": members}


def _member(connection: Connection, member: Member, agent_id: str, version: int) -> dict[str, Any]:
    """A roster entry with its version pinned."""
    if isinstance(member, Advisor):
        return {"type": "advisor", "model": member.model}
    if isinstance(member, RosterSelf):
        return {"type": "agent", "id": agent_id, "version": version}
    wanted = member if isinstance(member, str) else member.id
    found = agents.get(connection, wanted)
    if found is None or found.archived_at is not None:
        raise bad(f"multiagent: there is no agent {wanted!r}.")
    pinned = member.version if isinstance(member, RosterAgent) else None
    if pinned is not None and (pinned >= 2**31 or agent_room.at_version(connection, found, pinned) is None):
        raise bad(f"multiagent: the agent {wanted!r} has no version {pinned}.")
    return {"type": "agent", "id": found.id, "version": pinned or found.columns["version"]}
