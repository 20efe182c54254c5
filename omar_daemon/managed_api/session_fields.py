"""The bodies of sessions and their resources."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from omar_daemon.managed_api.agent_fields import ModelConfig, Servers, Skills, System, Tools
from omar_daemon.managed_api.event_fields import Outcome, UserMessage
from omar_daemon.managed_api.fields import Body, Id, Metadata, MetadataPatch, Name

Title = Annotated[str, Field(max_length=1024)]
MountPath = Annotated[str, Field(pattern=r"^/[^\x00]*$", max_length=1024)]


class AgentReference(Body):
    type: Literal["agent"]
    id: Id
    version: Annotated[int, Field(ge=1)] | None = None


class AgentWithOverrides(Body):
    """The agent with some of its parts replaced for this session."""

    type: Literal["agent_with_overrides"]
    id: Id
    version: Annotated[int, Field(ge=1)] | None = None
    model: Name | ModelConfig | None = None
    system: System | None = None
    tools: Tools | None = None
    mcp_servers: Servers | None = None
    skills: Skills | None = None


class FileResource(Body):
    type: Literal["file"]
    file_id: Id
    mount_path: MountPath | None = None


_BRANCH = r"^[^-\x00-\x20\x7f~^:?*\[\\][^\x00-\x20\x7f~^:?*\[\\]*$"
"""What git allows in a branch's name, and nothing that could be an option."""


class Checkout(Body):
    type: Literal["branch", "commit"]
    name: Annotated[str, Field(pattern=_BRANCH, max_length=255)] | None = None
    sha: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{7,64}$")] | None = None


class RepositoryResource(Body):
    type: Literal["github_repository"]
    url: Annotated[str, Field(pattern=r"^https?://[^\s@]+$", max_length=2048)]
    authorization_token: Annotated[str, Field(min_length=1, max_length=8192)] | None = None
    checkout: Checkout | None = None
    mount_path: MountPath | None = None


class MemoryResource(Body):
    type: Literal["memory_store"]
    memory_store_id: Id
    access: Literal["read_write", "read_only"] | None = None
    instructions: Annotated[str, Field(max_length=4096)] | None = None


Resource = Annotated[FileResource | RepositoryResource | MemoryResource, Field(discriminator="type")]


class Amount(Body):
    amount: Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,17})$")]
    currency: Literal["USD"]


class Budget(Body):
    type: Literal["limit"]
    max_list_cost: Amount


class SessionCreate(Body):
    """POST /v1/sessions. `environment` is an older spelling of `environment_id`."""

    agent: Id | Annotated[AgentReference | AgentWithOverrides, Field(discriminator="type")]
    environment_id: Id | None = None
    environment: Id | None = None
    title: Title | None = None
    metadata: Metadata | None = None
    vault_ids: Annotated[list[Id], Field(max_length=20)] | None = None
    resources: Annotated[list[Resource], Field(max_length=100)] | None = None
    initial_events: (
        Annotated[list[Annotated[UserMessage | Outcome, Field(discriminator="type")]], Field(max_length=50)] | None
    ) = None
    budget: Budget | None = None


class AgentPatch(Body):
    tools: Tools | None = None
    mcp_servers: Servers | None = None


class SessionUpdate(Body):
    """POST /v1/sessions/{id}: `agent` changes tools and MCP servers while the session is idle."""

    title: Title | None = None
    metadata: MetadataPatch | None = None
    agent: AgentPatch | None = None
    budget: Budget | None = None
    vault_ids: list[Id] | None = None


class ResourceUpdate(Body):
    authorization_token: Annotated[str, Field(min_length=1, max_length=8192)]


def budget_value(budget: Budget | None) -> dict[str, Any] | None:
    return None if budget is None else budget.model_dump()
