"""Which addresses `web_fetch` may take up: those that came from where the agent's `url_sources` allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_SOURCE = {
    "user.message": "user_input",
    "agent.tool_result": "server_tool_results",
    "agent.mcp_tool_result": "server_tool_results",
    "user.tool_result": "server_tool_results",
    "user.custom_tool_result": "client_tool_results",
}
_CALL = ("tool_use_id", "mcp_tool_use_id", "custom_tool_use_id")


def is_restricted(sources: Mapping[str, Any] | None) -> bool:
    """Whether anything but `all`, which is also the default, was chosen."""
    return any(source is not None and source["type"] != "all" for source in (sources or {}).values())


def came_from_allowed(url: str, sources: Mapping[str, Any], log: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the address stands in a text of the log (events, oldest first) whose source is allowed."""
    names: dict[str, str] = {}
    for event in log:
        if event["type"].endswith("tool_use"):
            names[event["id"]] = event["name"]
        kind = _SOURCE.get(event["type"])
        if kind is None:
            continue
        tool = next((names.get(event[name], "") for name in _CALL if name in event), "")
        if _allows(sources.get(kind), tool) and _mentions(event.get("content") or [], url):
            return True
    return False


def _allows(source: Mapping[str, Any] | None, tool: str) -> bool:
    kind = "all" if source is None else source["type"]
    if source is None or kind in ("all", "none"):
        return bool(kind == "all")
    listed = tool in {entry["name"] for entry in source["tools"]}
    return listed if kind == "only" else not listed


def _mentions(content: list[dict[str, Any]], url: str) -> bool:
    plain = url.rstrip("/")
    return any(plain in block["text"] for block in content if block["type"] == "text")
