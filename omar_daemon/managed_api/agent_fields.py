"""What an agent consists of: the bodies of create and update, and the full form that is kept."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from omar_daemon.managed_api.errors import bad
from omar_daemon.managed_api.fields import Body, Id, Loose, Metadata, MetadataPatch, Name
from omar_daemon.managed_api.tool_fields import Tool

Effort = Literal["low", "medium", "high", "xhigh", "max"]
MAX_SYSTEM = 100_000
MAX_DESCRIPTION = 2048


class EffortObject(Body):
    type: Effort


class ModelConfig(Body):
    id: Name
    speed: Literal["standard", "fast"] | None = None
    effort: Effort | EffortObject | None = None
    inference_geo: str | None = None


class McpServer(Body):
    type: Literal["url"]
    name: Annotated[str, Field(min_length=1, max_length=255)]
    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=2048)]


class Skill(Body):
    type: Literal["anthropic", "custom"]
    skill_id: Id
    version: Id | None = None


class Identity(Loose):
    type: Literal["service_account", "aws_role"]
    role_arn: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Identity:
        if self.type == "aws_role" and not self.role_arn:
            raise ValueError("an aws_role needs a role_arn")
        return self


class RosterAgent(Body):
    type: Literal["agent"]
    id: Id
    version: Annotated[int, Field(ge=1)] | None = None


class RosterSelf(Body):
    type: Literal["self"]


class Advisor(Body):
    type: Literal["advisor"]
    model: Name


Member = str | Annotated[RosterAgent | RosterSelf | Advisor, Field(discriminator="type")]


class Coordinator(Body):
    type: Literal["coordinator"]
    agents: Annotated[list[Member], Field(min_length=1, max_length=20)]


class Disabled(Body):
    type: Literal["disabled"]


class Enabled(Body):
    type: Literal["enabled"]


class EnabledAdvisor(Enabled):
    model: Name


class EnabledAgents(Enabled):
    inline_agents: Annotated[Enabled | Disabled, Field(discriminator="type")] | None = None
    predefined_agents: Annotated[list[Member], Field(max_length=20)] | None = None


Switch = Annotated[EnabledAgents | Disabled, Field(discriminator="type")]


class Multiagent2026(Body):
    """The newer multi-agent form: each part is on or off."""

    type: Literal["multiagent_20261001"]
    advisor: Annotated[EnabledAdvisor | Disabled, Field(discriminator="type")] | None = None
    subagents: Switch | None = None
    workflows: Switch | None = None


Multiagent = Annotated[Coordinator | Multiagent2026, Field(discriminator="type")]
Servers = Annotated[list[McpServer], Field(max_length=20)]
Skills = Annotated[list[Skill], Field(max_length=64)]
Tools = Annotated[list[Tool], Field(max_length=128)]
System = Annotated[str, Field(max_length=MAX_SYSTEM)]


class AgentCreate(Body):
    """POST /v1/agents."""

    name: Name
    model: Name | ModelConfig
    system: System | None = None
    description: Annotated[str, Field(max_length=MAX_DESCRIPTION)] | None = None
    tools: Tools | None = None
    mcp_servers: Servers | None = None
    skills: Skills | None = None
    multiagent: Multiagent | None = None
    metadata: Metadata | None = None
    execution_identity: Identity | None = None


class AgentUpdate(Body):
    """POST /v1/agents/{id}: what is left out stays; null or empty clears; `metadata` is a patch."""

    version: Annotated[int, Field(ge=1)] | None = None
    name: Name | None = None
    model: Name | ModelConfig | None = None
    system: System | None = None
    description: Annotated[str, Field(max_length=MAX_DESCRIPTION)] | None = None
    tools: Tools | None = None
    mcp_servers: Servers | None = None
    skills: Skills | None = None
    multiagent: Multiagent | None = None
    metadata: MetadataPatch | None = None
    execution_identity: Identity | None = None


def full_model(model: str | ModelConfig) -> dict[str, Any]:
    """`{id, speed, effort?, inference_geo?}`."""
    if isinstance(model, str):
        return {"id": model, "speed": "standard"}
    full: dict[str, Any] = {"id": model.id, "speed": model.speed or "standard"}
    if model.effort is not None:
        full["effort"] = {"type": model.effort if isinstance(model.effort, str) else model.effort.type}
    if model.inference_geo is not None:
        full["inference_geo"] = model.inference_geo
    return full


def full_servers(servers: list[McpServer]) -> list[dict[str, Any]]:
    names = [server.name for server in servers]
    if len(set(names)) < len(names):
        raise bad("mcp_servers: two servers have the same name.")
    return [{"type": "url", "name": server.name, "url": server.url} for server in servers]


def full_skills(skills: list[Skill]) -> list[dict[str, Any]]:
    """Without a version a skill follows its newest one."""
    return [{"type": skill.type, "skill_id": skill.skill_id, "version": skill.version or "latest"} for skill in skills]


def full_identity(identity: Identity | None) -> dict[str, Any]:
    return {"type": "service_account"} if identity is None else identity.model_dump(exclude_unset=True)
