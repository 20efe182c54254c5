"""The tools of an agent: what a client may send, and the full form in which they are kept and shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from omar_daemon.managed_api.errors import bad
from omar_daemon.managed_api.fields import Body, Loose

AGENT_TOOLS = ("bash", "read", "write", "edit", "glob", "grep", "web_fetch", "web_search")
ToolName = Literal["bash", "read", "write", "edit", "glob", "grep", "web_fetch", "web_search"]
_WEB_FIELDS = ("allowed_domains", "blocked_domains", "max_content_tokens", "user_location")


class Policy(Body):
    """Whether a call runs: at once, after a confirmation, by the daemon's judgement (`auto`), or never."""

    type: Literal["always_allow", "always_ask", "auto", "deny"]


class DefaultConfig(Body):
    enabled: bool | None = None
    permission_policy: Policy | None = None


class UrlSourceSwitch(Body):
    type: Literal["all", "none"]


class ToolReference(Body):
    type: Literal["tool_reference"]
    name: Annotated[str, Field(min_length=1, max_length=256)]


class UrlSourceTools(Body):
    type: Literal["only", "except"]
    tools: Annotated[list[ToolReference], Field(max_length=128)]


UrlSource = Literal["all", "none"] | Annotated[UrlSourceSwitch | UrlSourceTools, Field(discriminator="type")]


class UrlSources(Body):
    user_input: Literal["all", "none"] | UrlSourceSwitch | None = None
    server_tool_results: UrlSource | None = None
    client_tool_results: UrlSource | None = None


class UserLocation(Body):
    type: Literal["approximate"]
    city: str | None = None
    country: str | None = None
    region: str | None = None
    timezone: str | None = None


class ToolConfig(Loose):
    name: ToolName
    enabled: bool | None = None
    permission_policy: Policy | None = None
    allowed_domains: list[str] | None = None
    blocked_domains: list[str] | None = None
    max_content_tokens: Annotated[int, Field(ge=1)] | None = None
    user_location: UserLocation | None = None
    url_sources: UrlSources | None = None


class Toolset(Body):
    type: Literal["agent_toolset_20260401"]
    default_config: DefaultConfig | None = None
    configs: Annotated[list[ToolConfig], Field(max_length=64)] | None = None


class McpToolConfig(Body):
    name: Annotated[str, Field(min_length=1, max_length=256)]
    enabled: bool | None = None
    permission_policy: Policy | None = None


class McpToolset(Body):
    type: Literal["mcp_toolset"]
    mcp_server_name: Annotated[str, Field(min_length=1, max_length=256)]
    default_config: DefaultConfig | None = None
    configs: Annotated[list[McpToolConfig], Field(max_length=256)] | None = None


class InputSchema(Loose):
    type: Literal["object"]
    properties: dict[str, Any] | None = None
    required: list[str] | None = None


class CustomTool(Body):
    type: Literal["custom"]
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
    description: Annotated[str, Field(min_length=1, max_length=16_384)]
    input_schema: InputSchema


Tool = Annotated[Toolset | McpToolset | CustomTool, Field(discriminator="type")]


def full_tools(tools: Sequence[Toolset | McpToolset | CustomTool]) -> list[dict[str, Any]]:
    """Tools with every default written out; 400 when two custom tools share a name or one shadows a built-in."""
    names = [tool.name for tool in tools if isinstance(tool, CustomTool)]
    doubled = {name for name in names if names.count(name) > 1} | (set(names) & set(AGENT_TOOLS))
    if doubled:
        raise bad(f"tools: the name {min(doubled)!r} is used twice.")
    if sum(isinstance(tool, Toolset) for tool in tools) > 1:
        raise bad("tools: only one agent_toolset_20260401 is possible.")
    return [_full_tool(tool) for tool in tools]


def _full_tool(tool: Toolset | McpToolset | CustomTool) -> dict[str, Any]:
    if isinstance(tool, CustomTool):
        return tool.model_dump(exclude_unset=True)
    usual = "always_ask" if isinstance(tool, McpToolset) else "always_allow"
    default = _settings(tool.default_config or DefaultConfig(), {"enabled": True, "permission_policy": {"type": usual}})
    full: dict[str, Any] = {"type": tool.type, "default_config": default}
    if isinstance(tool, McpToolset):
        full["mcp_server_name"] = tool.mcp_server_name
    full["configs"] = [_full_config(config, default) for config in tool.configs or []]
    return full


def _full_config(config: ToolConfig | McpToolConfig, default: dict[str, Any]) -> dict[str, Any]:
    full = {"name": config.name, **_settings(config, default)}
    if isinstance(config, ToolConfig):
        full["type"] = config.name
        sent = config.model_dump(exclude_unset=True)
        full |= {name: sent[name] for name in _WEB_FIELDS if sent.get(name) is not None}
        if config.url_sources is not None:
            sources = sent["url_sources"].items()
            full["url_sources"] = {name: {"type": it} if isinstance(it, str) else it for name, it in sources}
    return full


def _settings(config: DefaultConfig | ToolConfig | McpToolConfig, default: dict[str, Any]) -> dict[str, Any]:
    enabled = default["enabled"] if config.enabled is None else config.enabled
    policy = config.permission_policy
    return {
        "enabled": enabled,
        "permission_policy": default["permission_policy"] if policy is None else {"type": policy.type},
    }
