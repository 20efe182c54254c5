"""The tools of one agent: what the model is told of them, who decides about a call, and who carries it out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from omar_daemon.harness.tools.definitions import DEFINITIONS

Permission = Literal["allow", "ask", "deny"]
_LONGEST_NAME = 64
"""What every provider takes."""
READ_ONLY = frozenset({"read", "glob", "grep", "web_fetch", "web_search"})


@dataclass(frozen=True)
class Tool:
    """One tool the model may call. `kind` says which events tell of it; `server` is the MCP server's name."""

    name: str
    kind: Literal["agent", "mcp", "custom"]
    definition: dict[str, Any]
    policy: str = "always_allow"
    server: str | None = None
    settings: Mapping[str, Any] | None = None

    @property
    def permission(self) -> Permission:
        """`auto` allows what only reads and asks for the rest."""
        if self.policy == "auto":
            return "allow" if self.name in READ_ONLY else "ask"
        decisions: dict[str, Permission] = {"always_allow": "allow", "always_ask": "ask", "deny": "deny"}
        return decisions.get(self.policy, "ask")


def agent_tools(configured: list[dict[str, Any]]) -> list[Tool]:
    """The enabled built-in and the custom tools of an agent's `tools`."""
    found: list[Tool] = []
    for entry in configured:
        if entry["type"] == "custom":
            definition = {name: entry[name] for name in ("name", "description", "input_schema")}
            found.append(Tool(entry["name"], "custom", definition))
        elif entry["type"] == "agent_toolset_20260401":
            found += _built_in(entry)
    return found


def _built_in(toolset: dict[str, Any]) -> list[Tool]:
    own = {config["name"]: config for config in toolset["configs"]}
    found = []
    for definition in DEFINITIONS:
        settings = own.get(definition["name"], toolset["default_config"])
        if settings["enabled"]:
            policy = settings["permission_policy"]["type"]
            found.append(Tool(definition["name"], "agent", definition, policy, settings=settings))
    return found


def mcp_name(server: str, tool: str) -> str:
    """What the model calls the tool of an MCP server."""
    return allowed_name(f"mcp__{server}__{tool}")[:_LONGEST_NAME]


def allowed_name(name: str) -> str:
    """The name of a call as providers take it: they refuse any other, and with it the whole conversation."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name) or "_"


def mcp_tools(configured: list[dict[str, Any]], server: str, offered: list[dict[str, Any]]) -> list[Tool]:
    """The enabled tools of one MCP server, named `mcp__server__tool` for the model."""
    toolset = next((t for t in configured if t["type"] == "mcp_toolset" and t["mcp_server_name"] == server), None)
    if toolset is None:
        return []
    own = {config["name"]: config for config in toolset["configs"]}
    found = []
    for definition in offered:
        settings = own.get(definition["name"], toolset["default_config"])
        if settings["enabled"]:
            named = {**definition, "name": mcp_name(server, definition["name"])}
            policy = settings["permission_policy"]["type"]
            found.append(Tool(definition["name"], "mcp", named, policy, server=server))
    return found
